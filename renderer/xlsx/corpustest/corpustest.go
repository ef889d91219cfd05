// Package corpustest takes the workbooks that tests make out of their process. Keep leaves
// them for programs that are not ours, with what we read in them: deploy/check-corpus runs
// those tests and compares. SameInEveryProcess makes them anew in processes of their own, and
// LibreOffice has that program calculate one.
package corpustest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// Variable names the directory that workbooks are left in, as an absolute path. Without it
// none are.
const Variable = "JETSHEET_TEST_CORPUS"

// Keep leaves the workbook of that name, whose slashes make folders, and its cells beside
// it. A workbook named "template" is what the others of its folder were filled from.
func Keep(t testing.TB, name string, workbook []byte) {
	t.Helper()
	dir := os.Getenv(Variable)
	if dir == "" {
		return
	}
	read, err := json.Marshal(read(t, workbook))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file+".xlsx", workbook, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file+".json", read, 0o600); err != nil {
		t.Fatal(err)
	}
}

// sheet is a sheet with its cells that are not empty, by their references.
type sheet struct {
	Name  string          `json:"name"`
	Cells map[string]cell `json:"cells"`
}

type cell struct {
	Kind    string `json:"kind"`
	Text    string `json:"text"`
	Formula string `json:"formula,omitempty"`
}

// read gives the sheets that have cells.
func read(t testing.TB, workbook []byte) []sheet {
	t.Helper()
	book, err := cells.Open(bytes.NewReader(workbook), int64(len(workbook)), cells.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var sheets []sheet
	for _, s := range book.Sheets() {
		if !s.Worksheet {
			continue
		}
		found := sheet{s.Name, map[string]cell{}}
		err := s.Rows(func(_ int, row []cells.Cell) error {
			for _, c := range row {
				if c.Kind != cells.Empty || c.Formula != "" {
					found.Cells[c.Ref()] = cell{c.Kind.String(), c.Text, c.Formula}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		sheets = append(sheets, found)
	}
	return sheets
}
