package intaketest

import (
	"fmt"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/intake"
)

// sheets are files with sheets that have too much of something, or cells where none can be.
func sheets() []File {
	rows := func(name string, cause intake.Cause, text string, content func() string) File {
		return changed(name, cause, text, func(p parts) parts { return p.replace(sheetPart, "</sheetData>", content()+"</sheetData>") })
	}
	constant := func(name, text, content string) File {
		return rows(name, intake.CauseGrid, text, func() string { return content })
	}
	merges := func(name string, cause intake.Cause, text string, refs func(i int) string, count int) File {
		return changed(name, cause, text, func(p parts) parts {
			var b strings.Builder
			for i := range count {
				fmt.Fprintf(&b, `<mergeCell ref="%s"/>`, refs(i))
			}
			return p.replace(sheetPart, "</mergeCells>", b.String()+"</mergeCells>")
		})
	}
	return []File{
		constant("a cell in the last corner", "XFD1048576", `<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>`),
		constant("a cell beyond the grid", "XFE9", `<row r="9"><c r="XFE9"/></row>`),
		constant("a row beyond the grid", "4294967296", `<row r="4294967296"/>`),
		constant("a row of number zero", "row", `<row r="0"/>`),
		constant("rows out of order", "row", `<row r="9"/><row r="8"/>`),
		constant("a row twice", "row", `<row r="9"/><row r="9"/>`),
		constant("a cell in another row", "A1", `<row r="9"><c r="A1"/></row>`),
		constant("cells out of order", "A9", `<row r="9"><c r="B9"/><c r="A9"/></row>`),
		constant("a cell that is none", "cell", `<row r="9"><c r="'; drop"/></row>`),
		rows("rows in two places", intake.CauseMarkup, "点検表", func() string { return `</sheetData><sheetData>` }),
		changed("rows within another element", intake.CauseMarkup, "点検表", func(p parts) parts {
			return p.replace(sheetPart, "<sheetData>", `<a><sheetData><row r="1"/></sheetData></a><sheetData>`)
		}),
		rows("a column far out", intake.CauseGrid, "cell XFD9", func() string { return `<row r="9"><c r="XFD9"/></row>` }),
		rows("too many cells", intake.CauseCells, "点検表", func() string {
			return numbered(`<row><c><v>%d</v></c>`+strings.Repeat(`<c/>`, 99)+`</row>`, 5001)
		}),
		changed("columns beyond the grid", intake.CauseGrid, "columns", func(p parts) parts {
			return p.replace(sheetPart, `<col min="1" max="3"`, `<col min="1" max="2147483647"`)
		}),
		merges("merged ranges that overlap", intake.CauseMergeOverlap, "B1:B5", func(int) string { return "B1:B5" }, 1),
		merges("too many merged ranges", intake.CauseMerges, "10000", func(i int) string { return fmt.Sprintf("A%d:B%d", i+10, i+10) }, 12_000),
		merges("a merged range over everything", intake.CauseGrid, "A1:XFD1048576", func(int) string { return "A1:XFD1048576" }, 1),
		merges("a merged range that is none", intake.CauseGrid, "B2:A1", func(int) string { return "B2:A1" }, 1),
	}
}

// books are files whose workbook, styles or texts are too many, or not what the sheets need.
func books() []File {
	return []File{
		changed("too many defined names", intake.CauseDefinedNames, "5000", func(p parts) parts {
			var b strings.Builder
			for i := range 6000 {
				fmt.Fprintf(&b, `<definedName name="n%d">点検表!$A$1</definedName>`, i)
			}
			return p.replace(bookPart, "</definedNames>", b.String()+"</definedNames>")
		}),
		changed("too many cell formats", intake.CauseFormats, "65490", func(p parts) parts {
			return p.replace(stylesPart, "</cellXfs>", strings.Repeat("<xf/>", 66_000)+"</cellXfs>")
		}),
		changed("says that it has many cell formats", intake.CauseFormats, "65490", func(p parts) parts {
			return p.replace(stylesPart, `<cellXfs count="1"`, `<cellXfs count="99999999999999999999"`)
		}),
		changed("too many texts", intake.CauseSharedStrings, "200000", func(p parts) parts {
			return p.replace(textsPart, "</sst>", numbered("<si><t>%d</t></si>", 200_001)+"</sst>")
		}),
		changed("says that it has many texts", intake.CauseSharedStrings, "200000", func(p parts) parts {
			return p.replace(textsPart, `uniqueCount="2"`, `uniqueCount="4294967295"`)
		}),
		changed("too many sheets", intake.CauseSheets, "200", func(p parts) parts {
			var sheets, links strings.Builder
			for i := range 210 {
				fmt.Fprintf(&sheets, `<sheet name="s%d" sheetId="%d" r:id="s%d"/>`, i, i+2, i)
				fmt.Fprintf(&links, `<Relationship Id="s%d" Type="%sworksheet" Target="worksheets/s%d.xml"/>`, i, relType, i)
				p = p.with(fmt.Sprintf("xl/worksheets/s%d.xml", i), "<worksheet/>")
			}
			return p.replace(bookPart, "</sheets>", sheets.String()+"</sheets>").replace(bookRels, "</Relationships>", links.String()+"</Relationships>")
		}),
		changed("two sheets of one name", intake.CauseDamaged, "点検表", func(p parts) parts {
			return p.replace(bookPart, "</sheets>", `<sheet name="点検表" sheetId="2" r:id="rId2"/></sheets>`)
		}),
		changed("no styles", intake.CauseDamaged, "no styles for cells", func(p parts) parts { return p.replace(bookRels, relType+"styles", relType+"theme") }),
		changed("no styles for cells", intake.CauseDamaged, "no styles for cells", func(p parts) parts {
			return p.replace(stylesPart, `<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>`, "")
		}),
		changed("a sheet without a part", intake.CauseDamaged, "点検表", func(p parts) parts { return p.without(sheetPart) }),
		changed("no sheets", intake.CauseDamaged, "no sheet", func(p parts) parts {
			return p.replace(bookPart, `<sheet name="点検表" sheetId="1" r:id="rId1"/>`, "")
		}),
	}
}

// numbered repeats a text with a number in it, so that it packs no better than a person's.
func numbered(format string, times int) string {
	var b strings.Builder
	for i := range times {
		fmt.Fprintf(&b, format, uint32(i)*2654435761) //nolint:gosec // any number will do
	}
	return b.String()
}
