package renderer

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
)

// takeColumns reads a columnsFrom query: name, and title, format and width where it
// has them.
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
		r.columns[name] = append(r.columns[name], c)
	}
	return rows.Err()
}
