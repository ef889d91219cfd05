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

// takeColumns reads a columnsFrom query: name, and title, format, width and total where
// it has them.
func (r *rendering) takeColumns(name string, rows *query.Rows) error {
	at := map[string]int{}
	for i, c := range rows.Columns() {
		at[strings.ToLower(c.Name)] = i
	}
	if _, ok := at["name"]; !ok {
		return &WorkbookError{fmt.Errorf("query %s is used as columnsFrom and returns no column called name", name)}
	}
	for rows.Next() {
		get := func(column string) string {
			if i, ok := at[column]; ok {
				return rows.Values()[i].Text()
			}
			return ""
		}
		c := report.Column{Name: get("name"), Title: get("title"), Format: get("format")}
		if c.Name == "" {
			return &WorkbookError{fmt.Errorf("query %s is used as columnsFrom and its row %d has no name", name, rows.Count())}
		}
		if width := get("width"); width != "" {
			w, err := strconv.ParseFloat(width, 64)
			if err != nil || w < 0 || w > 255 {
				return &WorkbookError{fmt.Errorf("query %s: the width %q of column %q is not a number from 0 to 255", name, width, c.Name)}
			}
			c.Width = w
		}
		if c.Total = report.Total(get("total")); c.Total != report.TotalNone && !slices.Contains(report.Totals(), c.Total) {
			return &WorkbookError{fmt.Errorf("query %s: the total %q of column %q is none of %s", name, c.Total, c.Name, strings.Join(xlsx.TotalNames(), ", "))}
		}
		r.columns[name] = append(r.columns[name], c)
	}
	return rows.Err()
}
