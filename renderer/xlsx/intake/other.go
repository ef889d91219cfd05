package intake

import (
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// noText is for readers that look at elements alone.
type noText struct{}

func (noText) text([]string, []byte) {}
func (noText) end([]string)          {}

// countReader counts the elements that a part is a list of, and refuses too many. What
// the part itself says of their number counts as well: readers make room for as many.
type countReader struct {
	noText
	check *check
	part  string
	// element stands in parent, and this attribute of parent says how often.
	element, parent, declared string

	most         int
	count        *int
	cause        Cause
	noun, advice string
	told         bool
}

func (r *countReader) start(path []string, e *xml.StartElement) {
	n := 0
	switch {
	case e.Name.Local == r.parent:
		n = declaredCount(attribute(e, r.declared))
	case e.Name.Local == r.element && len(path) > 0 && path[len(path)-1] == r.parent:
		*r.count++
		n = *r.count
	}
	if n > r.most && !r.told {
		r.told = true
		r.check.add(r.cause, Place{Part: r.part}, fmt.Sprintf("the workbook has more than %d %s, or says so", r.most, r.noun), r.advice)
	}
}

// declaredCount reads a number that a part gives; what is no number is as good as too
// large.
func declaredCount(text string) int {
	if text == "" {
		return 0
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return math.MaxInt32
	}
	return int(n) //nolint:gosec // 31 bits
}

// otherReader reads what is neither workbook, sheet, styles nor texts: drawings, charts,
// tables, comments, properties.
type otherReader struct {
	formulas

	check *check
	part  string
	svg   svg
}

func newOtherReader(c *check, part string) *otherReader {
	return &otherReader{check: c, part: part, formulas: formulas{check: c}, svg: svg{check: c, place: Place{Part: part}}}
}

func (r *otherReader) start(path []string, e *xml.StartElement) {
	place := Place{Part: r.part}
	switch name := e.Name.Local; {
	case name == "cacheSource" && attribute(e, "type") != "worksheet" && attribute(e, "type") != "":
		r.check.add(CauseDataConnection, place, "a pivot table has its data from outside of the workbook", adviceQuery)
	case strings.EqualFold(name, "OLEObject"):
		r.check.add(CauseOLE, place, "the workbook has an embedded object", adviceObject)
	case name == "DataBinding" && (isTrue(attribute(e, "FileBinding")) || attribute(e, "ConnectionID") != ""):
		r.check.add(CauseDataConnection, place, "the workbook has a map of XML that is read from a file", "in Excel, choose Developer > Source > XML Maps, delete the maps, and keep the values")
	case name == "DataMashup" && len(path) == 0:
		r.check.add(CauseDataConnection, place, "the workbook has a query (Power Query)", adviceQuery)
	}
	r.check.judgeElement(e, place)
	r.formulas.start(e.Name.Local, place)
	r.svg.start(e)
}

func (r *otherReader) text(path []string, data []byte) {
	r.formulas.text(path, data)
	r.svg.text(path, data)
}

func (r *otherReader) end(path []string) {
	r.formulas.end(path)
	r.svg.end(path)
}
