package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet"
)

// withOutput is the minimal definition with more keys under output.
func withOutput(keys string) string {
	return strings.Replace(minimal, `{target}.xlsx"}`, `{target}.xlsx", `+keys+`}`, 1)
}

const previous = `previous: "old/{tenant}/{period}/{target}.xlsx"`

func TestWaivers(t *testing.T) {
	t.Parallel()
	d := mustParse(t, withOutput(previous+`, waive: [{what: format, reason: dates are text}, {what: value, sheet: Data, column: 温度, reason: rounded}]`))
	want := []jetsheet.Waiver{{What: jetsheet.DifferentFormat, Reason: "dates are text"}, {What: jetsheet.DifferentValue, Sheet: "Data", Column: "温度", Reason: "rounded"}}
	if !slices.Equal(d.Output.Waive, want) {
		t.Errorf("waivers are %+v, want %+v", d.Output.Waive, want)
	}
	if d.MinReader != 2 || MinReader(d.Source) != 2 {
		t.Errorf("MinReader is %d and %d, want 2: an older build does not know the key", d.MinReader, MinReader(d.Source))
	}
	if d := mustParse(t, withOutput(previous)); d.MinReader != 1 || d.Output.Waive != nil {
		t.Errorf("without waivers MinReader is %d with %+v, want 1 and none", d.MinReader, d.Output.Waive)
	}
}

func TestWaiversThatAreRefused(t *testing.T) {
	t.Parallel()
	for keys, want := range map[string]string{
		`waive: [{what: value, reason: r}]`:                                      `output.waive needs output.previous`,
		previous + `, waive: {what: value, reason: r}`:                           `output.waive must be a list`,
		previous + `, waive: [{reason: r}]`:                                      `"output.waive[0].what" is missing`,
		previous + `, waive: [{what: value}]`:                                    `"output.waive[0].reason" is missing`,
		previous + `, waive: [{what: value, reason: ""}]`:                        `output.waive[0].reason is empty`,
		previous + `, waive: [{what: valeu, reason: r}]`:                         `unknown what "valeu"; did you mean "value"?`,
		previous + `, waive: [{what: order, column: a, reason: r}]`:              `a difference of the kind "order" is not of a column; leave output.waive[0].column out`,
		previous + `, waive: [{what: value, cell: B7, reason: r}]`:               `unknown key "cell"`,
		previous + `, waive: [{what: value, reason: r}, {what: x, reason: "1"}]`: `unknown what "x"`,
	} {
		_, err := Parse("r.yaml", []byte(withOutput(keys)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\ngot  %v\nwant %s", keys, err, want)
		}
	}
}
