package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// testDemoMutations shows that the comparison sees what it is there for: each change is
// made to a copy in which nothing else differs.
func testDemoMutations(t *testing.T, workbooks string, want map[string]expectedBook) {
	t.Helper()
	key, other := mutationKeys(t, want)
	only := map[string]expectedBook{key: want[key], other: want[other]}
	for _, test := range []struct {
		name, report string
		change       func(path, other string) error
	}{
		{"nothing", "", func(string, string) error { return nil }},
		{"a text", "row 2 is", editSheet("<t>適</t>", "<t>否</t>")},
		{"a format", "", editSheet(`s="3"`, `s="2"`)},
		{"a header", "row 1 is", editSheet("<t>記録者</t>", "<t>記録日</t>")},
		{"a row", " rows, want ", cutLastRow},
		{"a filter", "the filter", editSheet("<autoFilter", "<ignored")},
		{"a frozen row", "the header frozen", editSheet(`state="frozen"`, `state="split"`)},
		{"a file that is gone", "is not there", func(path, _ string) error { return os.Remove(path) }},
		{"a file too many", "must not be there", func(path, _ string) error { return os.WriteFile(path+".xlsx", nil, 0o600) }},
		{"another tenant's file", "row 2 is", func(path, other string) error { return copyBook(other, path) }},
		{"a torn file", "", func(path, _ string) error { return os.Truncate(path, 2000) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for k := range only {
				if err := copyBook(filepath.Join(workbooks, filepath.FromSlash(k)), filepath.Join(dir, filepath.FromSlash(k))); err != nil {
					t.Fatal(err)
				}
			}
			if err := test.change(filepath.Join(dir, filepath.FromSlash(key)), filepath.Join(dir, filepath.FromSlash(other))); err != nil {
				t.Fatalf("change of %s: %v", key, err)
			}
			found, err := demoDifferences(dir, only)
			if err != nil {
				t.Fatal(err)
			}
			all := strings.Join(found, "\n")
			if unchanged := test.name == "nothing"; unchanged != (all == "") || !strings.Contains(all, test.report) {
				t.Errorf("differences after changing %s in %s:\n%s\nwant one with %q", test.name, key, all, test.report)
			}
		})
	}
}

// mutationKeys gives two small temperature workbooks of different tenants.
func mutationKeys(t *testing.T, want map[string]expectedBook) (key, other string) {
	t.Helper()
	for k, book := range want {
		tenant, _, _ := strings.Cut(k, "/")
		switch rows := book[0].rows; {
		case !strings.Contains(k, "temperature") || strings.HasPrefix(k, "exports/") || len(rows) < 20 || len(rows) > 500:
		case !strings.HasSuffix(rows[1][3], "|適"):
		case key == "":
			key = k
		case !strings.HasPrefix(key, tenant+"/"):
			return key, k
		}
	}
	t.Fatal("the demo has no two small temperature workbooks")
	return "", ""
}

func copyBook(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return errors.Join(os.MkdirAll(filepath.Dir(to), 0o700), os.WriteFile(to, data, 0o600))
}

// editSheet replaces the first occurrence of a text in the sheet.
func editSheet(old, replacement string) func(path, other string) error {
	return func(path, _ string) error {
		return rewriteSheet(path, func(sheet string) string { return strings.Replace(sheet, old, replacement, 1) })
	}
}

// cutLastRow takes away the last row.
func cutLastRow(path, _ string) error {
	return rewriteSheet(path, func(sheet string) string {
		row, end := strings.LastIndex(sheet, "<row "), strings.Index(sheet, "</sheetData>")
		return sheet[:row] + sheet[end:]
	})
}

// rewriteSheet writes the workbook anew with the first sheet changed.
func rewriteSheet(path string, change func(string) string) error {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	changed := false
	for _, part := range archive.File {
		content, err := readPart(part)
		if err != nil {
			return err
		}
		if part.Name == "xl/worksheets/sheet1.xml" {
			before := content
			content = change(content)
			changed = content != before
		}
		to, err := w.Create(part.Name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(to, content); err != nil {
			return err
		}
	}
	if !changed {
		return errors.New("the sheet did not change")
	}
	return errors.Join(w.Close(), archive.Close(), os.WriteFile(path, out.Bytes(), 0o600))
}

func readPart(part *zip.File) (string, error) {
	r, err := part.Open()
	if err != nil {
		return "", err
	}
	content, err := io.ReadAll(r)
	return string(content), errors.Join(err, r.Close())
}
