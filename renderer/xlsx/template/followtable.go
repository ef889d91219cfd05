package template

import (
	"fmt"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// followTable moves a table on the page and all that is said in its part: it
// grows with a block in its rows. It must keep a row below its header: where
// nothing is left of it, or nothing but the header, the error is errGone.
func followTable(content []byte, g *reference.Grid) ([]byte, error) {
	e := newEdit(content)
	err := e.each(func(t *tag) error {
		switch t.local() {
		case "table":
			ref := g.Range(t.get("ref"))
			if !hasRows(ref) {
				return fmt.Errorf("table %q: %w", t.get("displayName"), errGone)
			}
			e.setAttribute(t, "ref", ref)
		case "autoFilter", "sortState", "sortCondition":
			e.setAttribute(t, "ref", g.Range(t.get("ref")))
		case "calculatedColumnFormula", "totalsRowFormula":
			_, err := e.moveText(t, reference.Parse, g.Page())
			return err
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return e.bytes(), nil
}

// hasRows says whether a range is of several rows.
func hasRows(ref string) bool {
	first, last, ok := strings.Cut(ref, ":")
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ$"
	return ok && strings.TrimLeft(first, letters) != strings.TrimLeft(last, letters)
}
