package template

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/internal/archive"
	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// Fill writes a workbook made of the template into dst, which it does not close. The
// same data gives the same bytes. The data is only read. What names something that the
// data has not is a *PlaceError around an *UnknownError. When ctx ends, so does Fill,
// with the cause. After an error, dst has no workbook.
func (t *Template) Fill(ctx context.Context, dst io.Writer, d Data) (Summary, error) {
	f := &filling{
		cancelled: func() error { return context.Cause(ctx) },
		template:  t, data: d, archive: archive.New(dst),
		looks: derivedStyles{styles: t.styles}, joins: make(map[joinKey]map[string][]int),
	}
	defer f.archive.Release()
	if err := f.fill(); err != nil {
		return f.summary, fmt.Errorf("fill the template: %w", err)
	}
	return f.summary, nil
}

// filling makes one workbook.
type filling struct {
	// cancelled is the cause for which the context has ended, or nil.
	cancelled func() error
	template  *Template
	data      Data
	archive   *archive.Archive
	summary   Summary

	// fields are Data.Fields by the numbers of their names; nil for those not there.
	fields []*xlsx.Value
	// noColumns is -1 for every name.
	noColumns   []int
	lastColumns knownColumns
	joins       map[joinKey]map[string][]int

	pages []*page
	moves *reference.Moves
	// moved is set if anything lies elsewhere than in the template.
	moved bool
	// followed are the parts that are as no other workbook has them, because of that.
	followed map[*part][]byte
	// rows counts those that blocks will have, bytes what rows have been written of.
	rows  int
	bytes int64
	looks derivedStyles

	// pictures counts those in cells; media are their files, in the order of mediaNames.
	pictures   int
	media      map[string][]byte
	mediaBytes int
	mediaNames []string
}

func (f *filling) fill() error {
	f.bind()
	if err := f.expandSheets(); err != nil {
		return err
	}
	if err := f.makeMoves(); err != nil {
		return err
	}
	if err := f.follow(); err != nil {
		return err
	}
	if err := f.listPages(); err != nil {
		return err
	}
	write := f.writeParts
	if len(f.template.reasons) > 0 {
		write = f.fillByExcelize
	}
	if err := write(); err != nil {
		return err
	}
	return f.archive.Close()
}

// bind numbers the fields.
func (f *filling) bind() {
	f.fields = make([]*xlsx.Value, len(f.template.names))
	f.noColumns = make([]int, len(f.template.names))
	for name, id := range f.template.names {
		f.noColumns[id] = -1
		if v, ok := f.data.Fields[name]; ok {
			f.fields[id] = &v
		}
	}
}

// writeParts writes the template's parts in their order, then the copies of sheets, and
// then what is known last: pictures and styles.
func (f *filling) writeParts() error {
	pages, copied := make(map[*part]*page), make(map[*part]bool)
	for _, p := range f.pages {
		if p.sheet.filled {
			pages[p.sheet.part] = p
		}
	}
	for _, s := range f.template.sheets {
		for _, part := range s.bound {
			copied[part] = true
		}
	}
	for _, part := range f.template.parts.all {
		if err := f.cancelled(); err != nil {
			return err
		}
		if copied[part] || f.isLate(part) {
			continue
		}
		write := func() error { return f.writePart(part) }
		if p := pages[part]; p != nil {
			write = func() error { return f.writePage(p) }
		}
		if err := write(); err != nil {
			return err
		}
	}
	if err := f.writeCopies(); err != nil {
		return err
	}
	if err := f.writePictures(); err != nil {
		return err
	}
	if err := f.writeLinks(); err != nil {
		return err
	}
	return f.writeStyles(f.template.parts.find(f.template.stylesPart))
}

// isLate says whether a part can only be written when the rows are.
func (f *filling) isLate(p *part) bool {
	return p.name == f.template.stylesPart || slices.ContainsFunc(f.template.sheets, func(s *sheet) bool {
		return p == s.linked || s.drawing != nil && (p == s.drawing || p.name == relationsPart(s.drawing.name))
	})
}

// writePart writes a part that has no cells.
func (f *filling) writePart(p *part) error {
	if content, ok := f.followed[p]; ok {
		return f.archive.Add(p.name, content)
	}
	content, changed := f.template.written[p]
	switch {
	case !changed && p.file == nil:
		content = p.content // it was added
	case !changed:
		return f.archive.AddRaw(p.name, p.raw)
	case content == nil:
		return nil
	}
	return f.archive.AddShared(p.name, content)
}

func (f *filling) writeStyles(p *part) error {
	if len(f.looks.order) == 0 {
		return f.archive.AddRaw(p.name, p.raw)
	}
	content, err := f.looks.append(nil)
	if err != nil {
		return err
	}
	return f.archive.AddShared(p.name, content)
}
