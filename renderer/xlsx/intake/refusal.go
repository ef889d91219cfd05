package intake

import (
	"fmt"
	"strings"
)

// Cause says for programs why a file is refused.
type Cause string

// The causes.
const (
	// The file is no .xlsx.
	CauseEmpty       Cause = "empty"         // no bytes
	CauseNotWorkbook Cause = "not_workbook"  // something else altogether
	CauseOldFormat   Cause = "old_format"    // .xls, or the XML of 2003
	CauseBinary      Cause = "binary_format" // .xlsb
	CauseOtherFormat Cause = "other_format"  // .ods, .csv, …, a template (.xltx), Strict Open XML
	CausePassword    Cause = "password"      // protected with a password to open it

	// The archive is damaged or hostile.
	CauseTooLarge  Cause = "too_large"      // in bytes, as it is or unpacked
	CauseTooMany   Cause = "too_many_parts" // entries of the archive
	CauseRatio     Cause = "ratio"          // a part that is far larger unpacked
	CauseNested    Cause = "nested_archive" // an archive in the archive
	CausePartName  Cause = "part_name"      // leads out of the archive, or is none
	CausePartTwice Cause = "part_twice"
	CauseOverlap   Cause = "overlap"  // parts share bytes
	CauseChecksum  Cause = "checksum" // wrong CRC
	CauseDamaged   Cause = "damaged"  // anything else that cannot be read

	// Something in it runs, or leads out of the file.
	CauseUnknownPart    Cause = "unknown_part"
	CauseMacros         Cause = "macros"
	CauseMacroSheet     Cause = "macro_sheet" // macros of Excel 4
	CauseScript         Cause = "script"      // in a picture
	CauseExternalLink   Cause = "external_link"
	CauseExternalCall   Cause = "external_call" // a function that asks something outside
	CauseDDE            Cause = "dde"
	CauseOLE            Cause = "ole_object"
	CauseActiveX        Cause = "activex"
	CauseDataConnection Cause = "data_connection"
	CauseAddIn          Cause = "add_in"

	// The XML is hostile or cannot be read.
	CauseDoctype  Cause = "doctype"
	CauseEntity   Cause = "entity"
	CauseDepth    Cause = "depth"
	CauseLongTag  Cause = "long_tag"
	CauseEncoding Cause = "encoding" // not UTF-8
	CauseMarkup   Cause = "markup"   // not well-formed

	// There is too much of something.
	CauseSheets        Cause = "sheets"
	CauseGrid          Cause = "grid" // a cell too far out, or cells out of order
	CauseCells         Cause = "cells"
	CauseMerges        Cause = "merges"
	CauseMergeOverlap  Cause = "merge_overlap"
	CauseDefinedNames  Cause = "defined_names"
	CauseFormats       Cause = "formats"
	CauseSharedStrings Cause = "shared_strings"
	CausePicture       Cause = "picture" // in bytes or pixels, or none

	// The check itself did not end within its limits of memory and time: see [TooCostly].
	CauseTooCostly Cause = "too_costly"
)

// Place is where something stands. Empty fields are not known or do not apply.
type Place struct {
	// Part is an entry of the archive.
	Part string `json:"part,omitempty"`
	// Sheet is a sheet's name, Cell a cell or range on it.
	Sheet string `json:"sheet,omitempty"`
	Cell  string `json:"cell,omitempty"`
	// Name is a defined name.
	Name string `json:"name,omitempty"`
}

// String names the place for people: the sheet and cell where there are any.
func (p Place) String() string {
	var words []string
	add := func(noun, value string) {
		if value != "" {
			words = append(words, fmt.Sprintf("%s %q", noun, value))
		}
	}
	add("sheet", p.Sheet)
	add("name", p.Name)
	if p.Cell != "" {
		words = append(words, "cell "+p.Cell)
	}
	if len(words) == 0 {
		add("part", p.Part)
	}
	return strings.Join(words, ", ")
}

// Refusal is one reason why a file is refused.
type Refusal struct {
	Cause Cause `json:"cause"`
	Place
	// What is wrong, and Advice what to do about it in Excel.
	What   string `json:"what"`
	Advice string `json:"advice"`
	// More counts further places with this cause, which are not listed.
	More int `json:"more,omitempty"`
}

// String is the refusal for people, on one line.
func (r Refusal) String() string {
	text := r.What + "; " + r.Advice
	if place := r.Place.String(); place != "" {
		text = place + ": " + text
	}
	if r.More > 0 {
		text += fmt.Sprintf(" (and %d more)", r.More)
	}
	return text
}

// RefusedError is the error of [Check]: why the file is refused, with one reason at least.
type RefusedError struct {
	Refusals []Refusal
}

func (e *RefusedError) Error() string {
	lines := make([]string, len(e.Refusals))
	for i, r := range e.Refusals {
		lines[i] = r.String()
	}
	return strings.Join(lines, "\n")
}

// Has says whether the cause is among the reasons.
func (e *RefusedError) Has(cause Cause) bool {
	for _, r := range e.Refusals {
		if r.Cause == cause {
			return true
		}
	}
	return false
}

// TooCostly is the refusal of a file whose check was ended from outside. what says by which
// limit.
func TooCostly(what string) *RefusedError {
	return &RefusedError{Refusals: []Refusal{{Cause: CauseTooCostly, What: what, Advice: adviceSmaller}}}
}

// mostPlaces is how many places of one cause are listed.
const mostPlaces = 5

// refusals gathers reasons.
type refusals struct {
	list  []Refusal
	count map[Cause]int
}

func (r *refusals) add(cause Cause, place Place, what, advice string) {
	if r.count == nil {
		r.count = map[Cause]int{}
	}
	r.count[cause]++
	if r.count[cause] <= mostPlaces {
		r.list = append(r.list, Refusal{Cause: cause, Place: place, What: what, Advice: advice})
		return
	}
	for i := len(r.list) - 1; i >= 0; i-- {
		if r.list[i].Cause == cause {
			r.list[i].More++
			return
		}
	}
}

// err is nil when nothing was added.
func (r *refusals) err() error {
	if len(r.list) == 0 {
		return nil
	}
	return &RefusedError{Refusals: r.list}
}

// Advice that several refusals give.
const (
	adviceSaveAs   = `in Excel, open it and save it with "Save As" as "Excel Workbook (*.xlsx)"`
	adviceRepair   = "open it in Excel, let Excel repair it, save it again and hand that file in"
	adviceExport   = "take the file again from where it comes from: it was cut off or changed on its way"
	adviceRewrite  = "no version of Excel writes this: open it in Excel, save it again and hand that file in"
	adviceSmaller  = "in Excel, remove sheets, pictures and formatting that the form does not need, and save it again"
	adviceBreak    = `in Excel, find it under Data > Edit Links, choose "Break Link", and write the value itself into formulas and names that led there`
	adviceMacros   = `in Excel, save it with "Save As" as "Excel Workbook (*.xlsx)", which leaves the macros out`
	adviceObject   = "in Excel, choose Home > Find & Select > Selection Pane, delete the object, and put in a picture of it where it is to be seen"
	adviceQuery    = `in Excel, open Data > Queries & Connections, delete every query and connection, and keep the values`
	adviceDirect   = "in Excel, write the value itself into the cell"
	adviceStray    = "in Excel, select the empty rows and columns behind the form, delete them (not only their content), and save it again"
	adviceUnmerge  = "in Excel, select the cells, choose Home > Merge & Center > Unmerge Cells, and merge again what belongs together"
	adviceNames    = "in Excel, open Formulas > Name Manager and delete the names that the form does not need"
	adviceSVG      = "in Excel, right-click on the picture, save it as PNG, delete it, and insert the PNG"
	adviceSmallPic = "in Excel, choose Picture Format > Compress Pictures, or put in a smaller picture"
)
