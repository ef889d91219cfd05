package intake

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
)

// workbookPart finds the workbook and judges its kind; "" when there is none.
func (c *check) workbookPart() string {
	for _, l := range c.links[""] {
		if !l.is("officeDocument") || l.external {
			continue
		}
		f := c.archive.find(l.target)
		if f == nil {
			break
		}
		switch kind := c.types.of(l.target); {
		case strings.Contains(l.kind, "purl.oclc.org"):
			c.add(CauseOtherFormat, Place{Part: f.Name}, `it is saved as "Strict Open XML Spreadsheet"`, adviceSaveAs)
			return ""
		case strings.HasSuffix(kind, "spreadsheetml.template.main+xml"):
			c.add(CauseOtherFormat, Place{Part: f.Name}, "it is saved as an Excel template (.xltx)", adviceSaveAs)
			return ""
		case !strings.HasSuffix(kind, "spreadsheetml.sheet.main+xml"):
			if len(c.list) == 0 { // with macros its type is another one, and they are told of
				c.add(CauseNotWorkbook, Place{Part: f.Name}, fmt.Sprintf("its content type is %q, which is not a workbook's", kind), adviceSaveAs)
			}
			return ""
		}
		return f.Name
	}
	if len(c.list) == 0 {
		c.add(CauseNotWorkbook, Place{}, "no part of the file is named as a workbook", adviceRepair)
	}
	return ""
}

// judgeStyles holds that there are styles of cells. A workbook need not have any, but
// what is filled in may need one of its own, made of its cell's.
func (c *check) judgeStyles(workbook string) {
	hasStyles := func(l link) bool { return l.is("styles") && c.archive.find(l.target) != nil }
	if c.report.Formats == 0 || !slices.ContainsFunc(c.links[strings.ToLower(workbook)], hasStyles) {
		c.add(CauseDamaged, Place{Part: workbook}, "it has no styles for cells", adviceRewrite)
	}
}

// bookReader reads the workbook's part: its sheets and defined names.
type bookReader struct {
	check *check
	part  string

	name    string // the defined name that is being read
	formula []byte
}

func (r *bookReader) start(path []string, e *xml.StartElement) {
	switch e.Name.Local {
	case "sheet":
		if len(path) > 0 && path[len(path)-1] == "sheets" {
			r.sheet(e)
		}
	case "definedName":
		r.definedName(e)
	}
	r.check.judgeElement(e, Place{Part: r.part})
}

func (r *bookReader) sheet(e *xml.StartElement) {
	c, s := r.check, &Sheet{Name: attribute(e, "name")}
	if len(c.order) == c.limits.Sheets {
		c.add(CauseSheets, Place{Part: r.part}, fmt.Sprintf("it has more than %d sheets", c.limits.Sheets), adviceSmaller)
		return
	}
	c.order = append(c.order, s)
	c.sheets[r.partOf(e)] = s
}

// partOf is the part that a sheet's id leads to. The id's prefix is the writer's choice.
func (r *bookReader) partOf(sheet *xml.StartElement) string {
	for _, a := range sheet.Attr {
		if a.Name.Local != "id" || a.Name.Space == "" {
			continue
		}
		for _, l := range r.check.links[strings.ToLower(r.part)] {
			if l.id == a.Value && !l.external {
				return l.target
			}
		}
	}
	return ""
}

// autoNames are defined names that Excel runs a macro for.
var autoNames = []string{"auto_open", "auto_close", "auto_activate", "auto_deactivate"}

func (r *bookReader) definedName(e *xml.StartElement) {
	c := r.check
	c.report.DefinedNames++
	if c.report.DefinedNames == c.limits.DefinedNames+1 {
		c.add(CauseDefinedNames, Place{Part: r.part}, fmt.Sprintf("it has more than %d defined names", c.limits.DefinedNames), adviceNames)
	}
	r.name, r.formula = attribute(e, "name"), r.formula[:0]
	name := strings.TrimPrefix(strings.ToLower(r.name), "_xlnm.")
	runs := isTrue(attribute(e, "xlm")) || isTrue(attribute(e, "vbProcedure")) || isTrue(attribute(e, "function"))
	for _, auto := range autoNames {
		runs = runs || strings.HasPrefix(name, auto)
	}
	if runs {
		c.add(CauseMacroSheet, Place{Part: r.part, Name: r.name}, "the name runs a macro", adviceNames)
	}
}

func (r *bookReader) text(path []string, data []byte) {
	if path[len(path)-1] == "definedName" {
		r.formula = append(r.formula, data...)
	}
}

func (r *bookReader) end(path []string) {
	if path[len(path)-1] == "definedName" {
		r.check.judgeFormula(string(r.formula), Place{Part: r.part, Name: r.name})
	}
}

func isTrue(value string) bool { return value == "1" || value == "true" || value == "on" }
