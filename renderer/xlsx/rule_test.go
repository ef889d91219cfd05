package xlsx_test

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

var red = xlsx.Look{Fill: "FFC7CE", Colour: "9c0006", Bold: true}

// ruleValues are values of all kinds, and ruleCases rules with those that each is for.
var ruleValues = map[string]xlsx.Value{
	"4": xlsx.Int(4), "5": xlsx.Int(5), "8.5": xlsx.Decimal("8.5"), "-1": xlsx.Int(-1), "NG": xlsx.Text("NG"), `a"b*c`: xlsx.Text(`a"b*c`),
	"blank": xlsx.Null(), "space": xlsx.Text(" "), "true": xlsx.Bool(true), "false": xlsx.Bool(false), "0": xlsx.Int(0),
}

var ruleCases = []struct {
	rule xlsx.Rule
	want []string
}{
	{xlsx.Rule{When: xlsx.WhenEquals, Value: xlsx.Int(0)}, []string{"0"}},
	{xlsx.Rule{When: xlsx.WhenEquals, Value: xlsx.Text("ng")}, []string{"NG"}},
	{xlsx.Rule{When: xlsx.WhenEquals, Value: xlsx.Bool(false)}, []string{"false"}},
	{xlsx.Rule{When: xlsx.WhenNot, Value: xlsx.Int(5)}, []string{"4", "8.5", "-1", "NG", `a"b*c`, "space", "true", "false", "0"}},
	{xlsx.Rule{When: xlsx.WhenBelow, Value: xlsx.Int(5)}, []string{"4", "-1", "0"}},
	{xlsx.Rule{When: xlsx.WhenAtMost, Value: xlsx.Int(5)}, []string{"4", "5", "-1", "0"}},
	{xlsx.Rule{When: xlsx.WhenAbove, Value: xlsx.Decimal("5.0")}, []string{"8.5"}},
	{xlsx.Rule{When: xlsx.WhenAtLeast, Value: xlsx.Int(5)}, []string{"5", "8.5"}},
	{xlsx.Rule{When: xlsx.WhenBetween, Value: xlsx.Int(-1), Other: xlsx.Int(4)}, []string{"4", "-1", "0"}},
	{xlsx.Rule{When: xlsx.WhenOutside, Value: xlsx.Int(-1), Other: xlsx.Int(4)}, []string{"5", "8.5"}},
	{xlsx.Rule{When: xlsx.WhenContains, Value: xlsx.Text(`"B*`)}, []string{`a"b*c`}},
	{xlsx.Rule{When: xlsx.WhenContains, Value: xlsx.Text("N*")}, nil},
	{xlsx.Rule{When: xlsx.WhenBlank}, []string{"blank", "space"}},
	{xlsx.Rule{When: xlsx.WhenFilled}, []string{"4", "5", "8.5", "-1", "NG", `a"b*c`, "true", "false", "0"}},
}

// ruleFormula gives the formula of a rule for the cell B2, as excelize reads it, in a
// workbook that has the value there.
func ruleFormula(t *testing.T, rule xlsx.Rule, v xlsx.Value) (string, *excelize.File) {
	t.Helper()
	rule.Look, rule.Column = red, 1
	content, _ := writeBook(t, xlsx.Sheet{Name: "s", Columns: make([]xlsx.Column, 2), Rules: []xlsx.Rule{rule}}, [][]xlsx.Value{{xlsx.Null(), v}})
	f := openExcelize(t, content)
	return onlyRule(t, f, "B2:B2").Criteria, f
}

// TestRulesHoldForTheRightCells has excelize calculate each rule, but for those with a
// "~*", which it does not take for an asterisk.
func TestRulesHoldForTheRightCells(t *testing.T) {
	t.Parallel()
	for _, c := range ruleCases {
		for shown, v := range ruleValues {
			if c.rule.When == xlsx.WhenContains {
				continue
			}
			formula, f := ruleFormula(t, c.rule, v)
			if err := f.SetCellFormula("s", "C2", formula); err != nil {
				t.Fatal(err)
			}
			got, err := f.CalcCellValue("s", "C2")
			if err != nil {
				t.Fatal(err)
			}
			if want := slices.Contains(c.want, shown); got != strings.ToUpper(strconv.FormatBool(want)) {
				t.Errorf("%s of %s is %s, want %v", formula, shown, got, want)
			}
		}
	}
}

// onlyRule gives the rule of a range.
func onlyRule(t *testing.T, f *excelize.File, area string) excelize.ConditionalFormatOptions {
	t.Helper()
	formats, err := f.GetConditionalFormats("s")
	if err != nil || len(formats[area]) != 1 {
		t.Fatalf("conditional formats %+v, %v, want one for %s", formats, err, area)
	}
	return formats[area][0]
}

// TestRulesCompareAnyText holds that text in a rule is the text in the cell.
func TestRulesCompareAnyText(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	for compared := 0; compared < 100; {
		text := plainText(r)
		rule := xlsx.Rule{When: xlsx.WhenEquals, Value: xlsx.Text(text), Look: red}
		content, summary := writeBook(t, xlsx.Sheet{Name: "s", Columns: []xlsx.Column{{}}}, [][]xlsx.Value{{xlsx.Text(text)}})
		if text == "" || summary.Substitutions.Total() != 0 {
			continue // no rule can have it
		}
		compared++
		formula, _ := ruleFormula(t, rule, xlsx.Null())
		f := openExcelize(t, content)
		if err := f.SetCellFormula("s", "C2", strings.ReplaceAll(formula, "$B2", "$A2")); err != nil {
			t.Fatal(err)
		}
		if got, err := f.CalcCellValue("s", "C2"); err != nil || got != "TRUE" {
			t.Errorf("%s of %q is %s, %v, want TRUE", formula, text, got, err)
		}
	}
}

func TestRulesOfASheet(t *testing.T) {
	t.Parallel()
	day := xlsx.Rule{When: xlsx.WhenAtLeast, Value: xlsx.Text("2026-10-05"), Look: xlsx.Look{Bold: true}}
	ng := xlsx.Rule{Column: 3, When: xlsx.WhenEquals, Value: xlsx.Text("否"), Look: red, WholeRow: true}
	content, _ := writeBook(t, xlsx.Sheet{
		Name: "s", Title: xlsx.Title{Lines: []string{"title"}}, Columns: []xlsx.Column{
			{Format: parseFormat(t, "date", "ja")}, {}, {Total: xlsx.TotalSum}, {Format: parseFormat(t, "boolean:適/否", "ja")},
		},
		Rules: []xlsx.Rule{
			ng,
			{Column: 2, When: xlsx.WhenBar, Colours: []string{"638EC6"}},
			{Column: 1, When: xlsx.WhenScale, Colours: []string{"FF0000", "FFFF00", "00ff00"}},
			day,
		},
	}, [][]xlsx.Value{{xlsx.Date(2026, time.October, 5), xlsx.Int(1), xlsx.Int(2), xlsx.Bool(false)}, {xlsx.Null(), xlsx.Int(3)}})
	f := openExcelize(t, content)
	if got := onlyRule(t, f, "A3:A4"); got.Criteria != "AND(ISNUMBER($A3),NOT(ISLOGICAL($A3)),$A3>=46300)" || got.Format == nil {
		t.Errorf("the rule for dates is %+v", got)
	}
	if got := onlyRule(t, f, "B3:B4"); got.Type != "3_color_scale" || got.MinColor != "#FF0000" || got.MidColor != "#FFFF00" || got.MaxColor != "#00FF00" {
		t.Errorf("the scale is %+v", got)
	}
	if got := onlyRule(t, f, "C3:C4"); got.Type != "data_bar" || got.BarColor != "#638EC6" {
		t.Errorf("the bar is %+v", got)
	}
	got := onlyRule(t, f, "A3:D4")
	if got.Criteria != `AND(ISTEXT($D3),$D3="否")` {
		t.Errorf("the rule for rows is %+v", got)
	}
	look, err := f.GetConditionalStyle(*got.Format)
	if err != nil || !look.Font.Bold || look.Font.Color != "9C0006" || look.Fill.Color[0] != "FFC7CE" {
		t.Errorf("its look is %+v %+v, %v, want %+v", look.Font, look.Fill, err, red)
	}
	part, _ := f.Pkg.Load("xl/worksheets/sheet1.xml")
	xml, ok := part.([]byte)
	order := regexp.MustCompile(`sqref="([A-D0-9:]+)"><cfRule [^>]*priority="([0-9]+)"`).FindAllStringSubmatch(string(xml), -1)
	var ranks []string
	for _, match := range order {
		ranks = append(ranks, match[1]+" "+match[2])
	}
	if want := []string{"A3:D4 1", "C3:C4 2", "B3:B4 3", "A3:A4 4"}; !ok || !slices.Equal(ranks, want) {
		t.Errorf("the rules count in the order %q, want %q", ranks, want)
	}
}

func TestRulesOfNoRows(t *testing.T) {
	t.Parallel()
	content, _ := writeBook(t, xlsx.Sheet{Name: "s", Columns: make([]xlsx.Column, 1), Rules: []xlsx.Rule{{When: xlsx.WhenBlank, Look: red}}}, nil)
	if formats, err := openExcelize(t, content).GetConditionalFormats("s"); err != nil || len(formats) != 0 {
		t.Errorf("conditional formats %+v, %v, want none", formats, err)
	}
}

// What programs take for wildcards is looked for as it is.
func TestRulesLookForWildcards(t *testing.T) {
	t.Parallel()
	formula, _ := ruleFormula(t, xlsx.Rule{When: xlsx.WhenContains, Value: xlsx.Text(`5*~"?`)}, xlsx.Null())
	if want := `SEARCH("5~*~~""~?",`; !strings.Contains(formula, want) {
		t.Errorf("the formula is %s, want %s in it", formula, want)
	}
}

func TestRulesThatCannotBe(t *testing.T) {
	t.Parallel()
	blue := xlsx.Look{Fill: "blue"}
	for words, c := range map[string]struct {
		format string
		rule   xlsx.Rule
	}{
		`"near"|between`:                     {"", xlsx.Rule{When: "near", Look: red}},
		`changes nothing`:                    {"", xlsx.Rule{When: xlsx.WhenBlank}},
		`"blue"|RRGGBB`:                      {"", xlsx.Rule{When: xlsx.WhenBlank, Look: blue}},
		`no value|give one`:                  {"", xlsx.Rule{When: xlsx.WhenBelow, Look: red}},
		`"below"|"x"|"equals"`:               {"", xlsx.Rule{When: xlsx.WhenBelow, Value: xlsx.Text("x"), Look: red}},
		`format|"8 degrees"`:                 {"decimal:1", xlsx.Rule{When: xlsx.WhenBelow, Value: xlsx.Text("8 degrees"), Look: red}},
		`"between"|9|8`:                      {"", xlsx.Rule{When: xlsx.WhenBetween, Value: xlsx.Int(9), Other: xlsx.Int(8), Look: red}},
		`"between"|"x" is none`:              {"", xlsx.Rule{When: xlsx.WhenBetween, Value: xlsx.Text("x"), Other: xlsx.Int(8), Look: red}},
		`2026-10-06 is not below 2026-10-05`: {"date", xlsx.Rule{When: xlsx.WhenBetween, Value: xlsx.Text("2026-10-06"), Other: xlsx.Text("2026-10-05"), Look: red}},
		`"contains"|7`:                       {"", xlsx.Rule{When: xlsx.WhenContains, Value: xlsx.Int(7), Look: red}},
		`255|256`:                            {"", xlsx.Rule{When: xlsx.WhenEquals, Value: xlsx.Text(strings.Repeat("x", 256)), Look: red}},
		`"scale"|1 colours`:                  {"", xlsx.Rule{When: xlsx.WhenScale, Colours: []string{"FF0000"}}},
		`"bar"|the look`:                     {"", xlsx.Rule{When: xlsx.WhenBar, Colours: []string{"FF0000"}, Look: red}},
		`"bar"|column has`:                   {"text", xlsx.Rule{When: xlsx.WhenBar, Colours: []string{"FF0000"}}},
		`a colour is empty`:                  {"", xlsx.Rule{When: xlsx.WhenBar, Colours: []string{""}}},
		`"blank"|colours are`:                {"", xlsx.Rule{When: xlsx.WhenBlank, Look: red, Colours: []string{"FF0000"}}},
		`"outside"|"x" is none`:              {"", xlsx.Rule{When: xlsx.WhenOutside, Value: xlsx.Int(1), Other: xlsx.Text("x"), Look: red}},
	} {
		columns := []xlsx.Column{{}, {Title: "温度", Format: parseFormat(t, c.format, "ja")}}
		c.rule.Column = 1
		rules := []xlsx.Rule{{When: xlsx.WhenBlank, Look: red}, c.rule}
		refuses(t, xlsx.Sheet{Name: "s", Columns: columns, Rules: rules}, append(strings.Split(words, "|"), `rule 2, for column 2 ("温度")`)...)
		if err := c.rule.Validate(columns[1].Format); err == nil || !strings.Contains(err.Error(), strings.Split(words, "|")[0]) {
			t.Errorf("%+v is valid in a column of format %q: %v", c.rule, c.format, err)
		}
	}
	blank := []xlsx.Rule{{When: xlsx.WhenBlank, Look: red}}
	refuses(t, xlsx.Sheet{Name: "photos", Columns: []xlsx.Column{{Format: parseFormat(t, "image", "ja")}}, Rules: blank}, "pictures", "rule 1, for column 1")
	refuses(t, xlsx.Sheet{Name: "many", Columns: make([]xlsx.Column, 1), Rules: slices.Repeat(blank, 1001)}, "1001 rules", "1000")
	refuses(t, xlsx.Sheet{Name: "far", Columns: make([]xlsx.Column, 2), Rules: []xlsx.Rule{{Column: 2, When: xlsx.WhenBlank, Look: red}}}, "rule 1", "column 3 of 2")
}
