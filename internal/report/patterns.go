package report

import "fmt"

// placedPattern is a pattern with its place in the definition and the names that it
// knows besides the columns of the targets row.
type placedPattern struct {
	Pattern
	where string
	own   []string
}

// patterns lists the definition's patterns.
func (d *Definition) patterns() []placedPattern {
	own := ownPlaceholders()
	list := placedPatterns{}
	list.add("workbook.properties.title", d.Workbook.Properties.Title, own)
	list.add("workbook.properties.creator", d.Workbook.Properties.Creator, own)
	list.add("workbook.properties.subject", d.Workbook.Properties.Subject, own)
	list.add("workbook.properties.keywords", d.Workbook.Properties.Keywords, own)
	list.add("workbook.properties.description", d.Workbook.Properties.Description, own)
	for i := range d.Workbook.Sheets {
		list.sheet(fmt.Sprintf("workbook.sheets[%d]", i), &d.Workbook.Sheets[i])
	}
	list.add("output.key", d.Output.Key, own)
	list.add("output.filename", d.Output.Filename, own)
	list.add("output.previous", d.Output.Previous, own)
	return list
}

type placedPatterns []placedPattern

func (l *placedPatterns) add(where string, p Pattern, own []string) {
	*l = append(*l, placedPattern{p, where, own})
}

func (l *placedPatterns) lines(where string, lines []Pattern, own []string) {
	for i, p := range lines {
		l.add(fmt.Sprintf("%s[%d]", where, i), p, own)
	}
}

// sheet adds the patterns of a sheet, which know the column that makes sheets too.
func (l *placedPatterns) sheet(where string, s *Sheet) {
	own := ownPlaceholders()
	if s.SheetBy != "" {
		own = append(own, s.SheetBy)
	}
	with := func(more ...string) []string { return append(own[:len(own):len(own)], more...) }
	l.add(where+".name", s.Name, own)
	l.lines(where+".title", s.Title, with(HolderDataAsOf))
	l.lines(where+".footer", s.Footer, with(HolderDataAsOf, HolderRows))
	l.add(where+".totalsLabel", s.TotalsLabel, own)
	if s.Page == nil {
		return
	}
	onPage := with(HolderDataAsOf, HolderPage, HolderPages, HolderSheet)
	for _, band := range []struct {
		key string
		Band
	}{{"header", s.Page.Header}, {"footer", s.Page.Footer}} {
		at := where + ".page." + band.key
		l.add(at+".left", band.Left, onPage)
		l.add(at+".center", band.Center, onPage)
		l.add(at+".right", band.Right, onPage)
	}
}
