package report

import (
	"slices"
	"strings"
)

// TemplateFields are the names that a template's markers can use anywhere, of a report
// whose targets have these columns: what placeholders are in other places, when the
// records were read, and the columns that do not mean something to jetsheet itself.
func TemplateFields(targets []string) []string {
	fields := append(ownPlaceholders(), HolderDataAsOf)
	for _, name := range targets {
		if !slices.Contains(meaningColumns(), strings.ToLower(name)) {
			fields = append(fields, name)
		}
	}
	return fields
}
