package renderer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// newLayout is what the sheets of a definition have in common, without their texts.
func newLayout(def *report.Sheet, wanted []report.Column, locale string) (xlsx.Sheet, error) {
	columns, err := layoutColumns(wanted, locale)
	return xlsx.Sheet{
		Columns: columns, FreezeHeader: def.FreezeHeader, Filter: def.Filter,
		Header:     xlsx.Header{Bold: def.Header.Bold, Fill: def.Header.Fill, Wrap: def.Header.Wrap},
		Banding:    xlsx.Banding{Fill: def.Banding},
		Rules:      layoutRules(def.Rules, wanted),
		Page:       pageOf(def.Page),
		Protection: protectionOf(def.Protection),
	}, err
}

// CheckSheet tells what the writer refuses of a sheet's definition whatever its records
// are: a total or a rule that does not go with its column's format, and a text of pages that
// is too long by what is fixed of it. What comes from the database is not known yet.
func CheckSheet(def *report.Sheet, problem func(path string, err error)) {
	check := func(err error, path string, args ...any) {
		if err != nil {
			problem(fmt.Sprintf(path, args...), err)
		}
	}
	for i, c := range def.Columns {
		format, err := ParseFormat(c.Format, report.DefaultLocale)
		if err != nil {
			check(err, "columns[%d].format", i)
			continue
		}
		check(xlsx.Total(c.Total).Validate(format), "columns[%d].total", i)
		for j := range def.Rules {
			if r := &def.Rules[j]; r.Column == c.Name {
				rule := ruleOf(r)
				check(rule.Validate(format), "rules[%d].%s", j, r.Condition)
			}
		}
	}
	if def.Page != nil {
		check(pageText(def.Page.Header, report.EmptyTexts(), nil).Validate(), "page.header")
		check(pageText(def.Page.Footer, report.EmptyTexts(), nil).Validate(), "page.footer")
	}
}

// shownAs are the formats of what values of a kind are in a column without a format. Those of other
// kinds are numbers, but for JSON, of which only the value says what it is.
var shownAs = map[query.Kind]string{
	query.KindText: "text", query.KindBytes: "text", query.KindOther: "text", query.KindBool: "boolean",
	query.KindDate: "date", query.KindTimestamp: "datetime", query.KindTimestampTZ: "datetime",
}

// CheckTotal says why a column cannot have its total, now that it is known what the query gives:
// where the column has no format, text stays text, and is not added up.
func CheckTotal(c *report.Column, kind query.Kind) error {
	if c.Format != "" && c.Format != "general" {
		return nil // CheckSheet has looked
	}
	format, err := ParseFormat(shownAs[kind], report.DefaultLocale)
	if err != nil {
		return err
	}
	return xlsx.Total(c.Total).Validate(format)
}

func pageOf(p *report.Page) xlsx.Page {
	if p == nil {
		return xlsx.Page{}
	}
	page := xlsx.Page{
		Paper: xlsx.Paper(p.Paper), Landscape: p.Orientation == report.Landscape, FitWidth: p.FitToWidth, RepeatHeader: p.RepeatHeader,
	}
	if p.Margins != nil {
		margins := xlsx.Margins(*p.Margins)
		page.Margins = &margins
	}
	return page
}

func protectionOf(p *report.Protection) *xlsx.Protection {
	if p == nil {
		return nil
	}
	protection := &xlsx.Protection{}
	for _, a := range p.Allow {
		protection.Allow = append(protection.Allow, xlsx.Action(a))
	}
	return protection
}

// layoutTexts renders the texts of a layout. known are the names that all of them know
// beside those of the target.
func layoutTexts(layout xlsx.Sheet, def *report.Sheet, texts *report.Texts, known map[string]string, locale string) xlsx.Sheet {
	lines := func(patterns []report.Pattern) []string {
		all := make([]string, len(patterns))
		for i, p := range patterns {
			all[i] = texts.Text(p, known)
		}
		return all
	}
	layout.Name = texts.Text(def.Name, known)
	if len(def.Title) > 0 {
		layout.Title.Lines = lines(def.Title)
	}
	if hasPlaceForLabel(layout.Columns) {
		layout.TotalLabel = totalLabel(locale)
		if !def.TotalsLabel.IsZero() {
			layout.TotalLabel = texts.Text(def.TotalsLabel, known)
		}
	}
	if len(def.Footer) > 0 {
		layout.Footer = func(rows int64) []string {
			known[report.HolderRows] = strconv.FormatInt(rows, 10)
			return lines(def.Footer)
		}
	}
	if def.Page != nil {
		layout.Page.Header = pageText(def.Page.Header, texts, known)
		layout.Page.Footer = pageText(def.Page.Footer, texts, known)
	}
	return layout
}

// hasPlaceForLabel says whether there is a row of totals, with a column that has none.
func hasPlaceForLabel(columns []xlsx.Column) bool {
	with := func(c xlsx.Column) bool { return c.Total != xlsx.NoTotal }
	without := func(c xlsx.Column) bool { return c.Total == xlsx.NoTotal }
	return slices.ContainsFunc(columns, with) && slices.ContainsFunc(columns, without)
}

func totalLabel(locale string) string {
	if language, _, _ := strings.Cut(strings.ReplaceAll(locale, "_", "-"), "-"); strings.EqualFold(language, "ja") {
		return "合計"
	}
	return "Total"
}

func pageText(band report.Band, texts *report.Texts, known map[string]string) xlsx.PageText {
	onPage := map[string]string{report.HolderPage: xlsx.PageNumber, report.HolderPages: xlsx.PageCount, report.HolderSheet: xlsx.PageSheet}
	for name, value := range known {
		onPage[name] = value
	}
	return xlsx.PageText{
		Left: texts.Text(band.Left, onPage), Center: texts.Text(band.Center, onPage), Right: texts.Text(band.Right, onPage),
	}
}
