package verify

import (
	"fmt"
	"strings"

	"github.com/jetsheet/jetsheet/internal/report/query"
)

// canary reports a row that another tenant has: its column tenant or tenant_id says so.
type canary struct {
	c       *conversion
	name    string
	rows    *query.Rows
	columns []int
}

// newCanary watches the rows of the query of that name.
func (m *comparison) newCanary(name string, rows *query.Rows) *canary {
	w := &canary{c: m.c, name: name, rows: rows}
	for i, column := range rows.Columns() {
		if name := strings.ToLower(column.Name); name == "tenant" || name == "tenant_id" {
			w.columns = append(w.columns, i)
		}
	}
	return w
}

// look looks at the row in hand. One row that is reported is enough: they are likely to
// be many.
func (w *canary) look() {
	for _, i := range w.columns {
		if got := w.rows.Values()[i].Text(); got != w.c.t.Tenant {
			w.c.problem(KindOtherTenant, fmt.Sprintf("query %s, row %d, column %s", w.name, w.rows.Count(), w.rows.Columns()[i].Name), got, w.c.t.Tenant)
			w.columns = nil
			return
		}
	}
}
