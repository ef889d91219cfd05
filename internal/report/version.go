package report

import (
	"regexp"
	"strings"
)

// since says with which [jetsheet.SchemaVersion] a key came into the language of
// definitions, and with it all keys below; keys that are not listed are as old as version
// 1. Keys are written with their path and [] for a place in a list, such as
// workbook.sheets[].rows.
//
// Who adds a key raises SchemaVersion (once between two releases) and lists the key
// here. A definition that uses it then asks for that version, and so does every record
// that holds the definition: an older build leaves it to a newer one instead of failing
// at a key it does not know. What is new but no key, such as another word for an old
// key or a higher limit, calls [reader.needs] where it is met.
func since() map[string]int {
	return map[string]int{
		"output.waive": 2, "workbook.properties": 2,
		"workbook.sheets[].sheetBy": 2, "workbook.sheets[].title": 2, "workbook.sheets[].footer": 2, "workbook.sheets[].banding": 2,
		"workbook.sheets[].rules": 2, "workbook.sheets[].totalsLabel": 2, "workbook.sheets[].columns[].total": 2,
		"workbook.sheets[].page": 2, "workbook.sheets[].protect": 2,
	}
}

// templateVersion is the version from which workbook.template is more than refused.
const templateVersion = 2

// formatVersion is the version with which a column's format came.
func formatVersion(format string) int {
	switch name, _, _ := strings.Cut(format, ":"); name {
	case "link", "image", "imageKey", "currency":
		return 2
	}
	return 1
}

// version is with which version a key came: its own, or that of the key that it is below.
func (r *reader) version(path string) int {
	key := keyPath(path)
	for key != "" {
		if v, ok := r.since[key]; ok {
			return v
		}
		if parent, list := strings.CutSuffix(key, "[]"); list {
			key = parent
		} else {
			key = key[:max(0, strings.LastIndexByte(key, '.'))]
		}
	}
	return 1
}

// needs notes that the definition holds something that only builds of a version and
// later read.
func (r *reader) needs(version int) { r.minReader = max(r.minReader, version) }

var listPlace = regexp.MustCompile(`\[\d+\]`)

// keyPath is a path with every place in a list alike.
func keyPath(path string) string { return listPlace.ReplaceAllString(path, "[]") }

// MinReader returns the oldest [jetsheet.SchemaVersion] that reads a definition as it
// is meant, as far as this build knows. It is for who passes definitions on: what is
// wrong with one is for [Parse] to say, and here counts for nothing.
func MinReader(definition string) int {
	r := &reader{since: since()}
	if root := r.document([]byte(definition)); root != nil {
		r.definition(root)
	}
	return max(1, r.minReader)
}
