package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// Every text that a definition may have is asked for its columns.
func TestEveryTextNamesItsColumns(t *testing.T) {
	t.Parallel()
	const odd = `report: r
period: month
targets: select tenant, target from t
queries: {records: select 1 where tenant = @tenant}
workbook:
  properties: {title: "{odd}", creator: "{odd}", subject: "{odd}", keywords: "{odd}", description: "{odd}"}
  sheets:
    - name: "{odd}"
      rows: records
      columns: [{name: a}, {name: b, total: sum}]
      title: "{odd}"
      footer: ["", "{odd}"]
      totalsLabel: "{odd}"
      page: {header: "{odd}", footer: {left: "{odd}", center: "{odd}", right: "{odd}"}}
output: {key: "{tenant}/{period}/{target}/{odd}.xlsx", filename: "{odd}.xlsx", previous: "{tenant}/{period}/{target}/{odd}.xlsx"}
`
	_, err := mustParse(t, odd).NewResolver(time.Time{}, []string{"tenant", "target"})
	var places []string
	for line := range strings.Lines(fmt.Sprint(err)) {
		place, _, _ := strings.Cut(line, " uses {odd}")
		places = append(places, place)
	}
	const sheet = "workbook.sheets[0]."
	want := []string{
		"workbook.properties.title", "workbook.properties.creator", "workbook.properties.subject", "workbook.properties.keywords", "workbook.properties.description",
		sheet + "name", sheet + "title[0]", sheet + "footer[1]", sheet + "totalsLabel", sheet + "page.header.center",
		sheet + "page.footer.left", sheet + "page.footer.center", sheet + "page.footer.right", "output.key", "output.filename", "output.previous",
	}
	if !slices.Equal(places, want) {
		t.Errorf("got %q\nwant %q", places, want)
	}
}
