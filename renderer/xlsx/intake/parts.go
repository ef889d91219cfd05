package intake

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// judgeParts refuses parts for what they are, by their name and by their content type. A
// hostile file need not tell the same everywhere: what leads to them is judged as well.
func (c *check) judgeParts() {
	for _, f := range c.archive.files {
		name := strings.ToLower(f.Name)
		cause, what, advice := judgeKind(c.types.of(name), name)
		if cause == "" && !knownPart(name) {
			cause, what, advice = CauseUnknownPart, "Excel writes no such part into a form", adviceRewrite
		}
		if cause != "" {
			c.add(cause, Place{Part: f.Name}, what, advice)
			c.done[f.Name] = true // it is refused; what is in it does not matter
		}
	}
}

// judgeLinks judges the relations of all parts. It needs the sheets' names for its
// messages.
func (c *check) judgeLinks() {
	for _, owner := range slices.Sorted(maps.Keys(c.links)) {
		for _, l := range c.links[owner] {
			c.judgeLink(owner, l)
		}
	}
}

// judgeKind refuses by a content type or a relation's type, and by a part's name in lower
// case.
func judgeKind(kind, name string) (cause Cause, what, advice string) {
	kind = strings.ToLower(kind)
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(kind, w) || strings.Contains(name, w) {
				return true
			}
		}
		return false
	}
	switch {
	case has("vbaproject", "vbadata", "vbaprojectsignature", "macroenabled", "wordvbadata"):
		return CauseMacros, "the workbook has macros", adviceMacros
	case has("macrosheet", "dialogsheet"):
		return CauseMacroSheet, "the workbook has a macro or dialog sheet of Excel 4 or 5", "in Excel, delete the macro and dialog sheets, hidden ones too, and save it again"
	case has("activex") || strings.HasSuffix(kind, "/control"):
		return CauseActiveX, "the workbook has an ActiveX control", adviceObject
	case strings.HasPrefix(name, "xl/embeddings/") || has("oleobject") || strings.HasSuffix(kind, "relationships/package"):
		return CauseOLE, "the workbook has an embedded object", adviceObject
	case has("xl/externallinks/", "externallink+xml", "relationships/externallink"):
		return CauseExternalLink, "the workbook has links to another workbook", adviceBreak
	case has("rdrichvaluewebimage"):
		return CauseExternalLink, "the workbook has pictures that are fetched from the web", "in Excel, delete the pictures in cells that come from an address, and insert them from files"
	case has("volatiledependencies"):
		return CauseExternalCall, "the workbook keeps what functions asked of a server (RTD, CUBE…)", "in Excel, write the values themselves into the cells with such functions, and save it again"
	case has("xl/connections", "connections+xml", "relationships/connections", "querytable", "xl/model/", "powerpivot", "spreadsheetdatamodel"):
		return CauseDataConnection, "the workbook has a data connection or a query", adviceQuery
	case has("webextension", "taskpanes", "customui", "ui/extensibility", "ui/usercustomization", "attachedtoolbars"):
		return CauseAddIn, "the workbook brings an add-in or buttons of its own", "in Excel, remove the add-in from the workbook (Home > Add-ins, and the pane's own menu), and save it again"
	}
	return "", "", ""
}

// knownFolders are those that Excel, and the libraries that people write forms with, put
// parts of a form into.
var knownFolders = []string{
	"_rels", "docprops", "docmetadata", "customxml",
	"xl", "xl/worksheets", "xl/chartsheets", "xl/theme", "xl/drawings", "xl/charts", "xl/media", "xl/tables", "xl/printersettings",
	"xl/pivottables", "xl/pivotcache", "xl/slicers", "xl/slicercaches", "xl/timelines", "xl/timelinecaches", "xl/ctrlprops",
	"xl/comments", "xl/threadedcomments", "xl/persons", "xl/richdata", "xl/diagrams", "xl/featurepropertybag", "xl/namedsheetviews", "xl/custom",
}

// knownPart tells what may be in a form: documents of XML and pictures in Excel's own
// folders, and a printer's settings.
func knownPart(name string) bool {
	if name == strings.ToLower(contentTypesPart) {
		return true
	}
	folder := strings.TrimSuffix(strings.TrimSuffix(path.Dir(name), "/_rels"), "/")
	known := false
	for _, f := range knownFolders {
		known = known || folder == f
	}
	if !known {
		return false
	}
	switch extension := path.Ext(name); {
	case extension == ".xml", extension == ".rels", extension == ".vml":
		return true
	case folder == "xl/printersettings":
		return extension == ".bin"
	case folder == "docprops":
		return isPicture(extension)
	default:
		return isMedia(name) && isPicture(extension)
	}
}

func isMedia(name string) bool { return strings.HasPrefix(strings.ToLower(name), "xl/media/") }

func isPicture(extension string) bool {
	switch extension {
	case ".png", ".jpg", ".jpeg", ".jfif", ".gif", ".bmp", ".tif", ".tiff", ".emf", ".wmf", ".svg", ".wdp", ".webp":
		return true
	}
	return false
}
