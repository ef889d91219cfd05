package xlsx

import (
	"fmt"
	"strings"
)

// definedName is a name that Excel gives to a part of a sheet.
type definedName struct {
	name      string
	reference string // within the sheet, absolute
	hidden    bool
}

const (
	// filterName is what a filtered range is named; without it LibreOffice does not
	// offer the filter.
	filterName      = "_xlnm._FilterDatabase"
	printAreaName   = "_xlnm.Print_Area"
	printTitlesName = "_xlnm.Print_Titles"
)

func appendDefinedNames(b []byte, sheets []writtenSheet) []byte {
	before := len(b)
	b = append(b, `<definedNames>`...)
	empty := len(b)
	for i, s := range sheets {
		for _, n := range s.definedNames {
			b = fmt.Appendf(b, `<definedName name="%s" localSheetId="%d"`, n.name, i)
			if n.hidden {
				b = append(b, ` hidden="1"`...)
			}
			reference := "'" + strings.ReplaceAll(s.name, "'", "''") + "'!" + n.reference
			b = fmt.Appendf(b, `>%s</definedName>`, escapeXML(reference))
		}
	}
	if len(b) == empty {
		return b[:before]
	}
	return append(b, `</definedNames>`...)
}
