package template

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/xuri/excelize/v2"
)

// byExcelize fills a template the slow way: excelize reads it, copies rows one
// by one, is told the values and writes all sheets anew. It takes what is not
// compiled as it is. All that refers to rows follows them as in a compiled
// template, but for what is not understood: there it is as excelize has it.
type byExcelize struct {
	*filling
	file *excelize.File
	// frames are what is around the rows of sheets, which excelize does not get.
	frames map[*page]sheetFrame
}

// sheetFrame is what is before and behind a sheet's rows.
type sheetFrame struct{ head, tail []byte }

func (f *filling) fillByExcelize() error {
	if err := f.boundCopies(); err != nil {
		return err
	}
	file, err := excelize.OpenReader(bytes.NewReader(f.template.file))
	if err != nil {
		return fmt.Errorf("open it by excelize: %w", err)
	}
	x := &byExcelize{filling: f, file: file, frames: make(map[*page]sheetFrame)}
	err = x.fillPages()
	if err == nil {
		err = x.write()
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	return err
}

func (x *byExcelize) fillPages() error {
	x.summary.Excelize = true
	pages := slices.DeleteFunc(slices.Clone(x.pages), func(p *page) bool { return !p.sheet.worksheet })
	for _, p := range pages {
		x.takeFrame(p)
	}
	for _, p := range pages {
		if _, err := x.copyRows(p.name, p.sheet.body, p.blocks, 0); err != nil {
			return fmt.Errorf("sheet %q: copy rows: %w", p.name, err)
		}
	}
	x.takeFollowed()
	for _, p := range pages {
		if err := x.setRows(p); err != nil {
			return err
		}
	}
	calculate := true
	return x.file.SetCalcProps(&excelize.CalcPropsOptions{FullCalcOnLoad: &calculate})
}

// takeFrame has excelize see no more of a sheet than its rows: it removes no
// first row that a rule begins in, allows what a protection leaves open, and
// moves neither breaks nor links. It does get a sheet whole that is not
// understood.
func (x *byExcelize) takeFrame(p *page) {
	s := p.sheet
	head, tail, err := x.frameXML(p)
	rows, missing := findElement(s.part.content, "sheetData")
	if err != nil || missing != nil {
		return // it is a reason that the template is not compiled
	}
	x.frames[p] = sheetFrame{head, tail}
	x.file.Pkg.Store(s.part.name, slices.Concat(s.part.content[:rows.end], []byte("</worksheet>")))
}

// takeFollowed has excelize go on with the parts that followed the rows, in
// place of what it made of them.
func (x *byExcelize) takeFollowed() {
	parts := maps.Clone(x.followed)
	for _, p := range x.template.sources {
		if parts[p] == nil {
			parts[p] = x.template.written[p]
		}
	}
	for p, content := range parts {
		if p == x.template.workbook.part {
			continue
		}
		x.file.Pkg.Store(p.name, content)
		x.file.Drawings.Delete(p.name)
		delete(x.file.Comments, p.name)
		delete(x.file.VMLDrawing, p.name)
		delete(x.file.DecodeVMLDrawing, p.name)
	}
}

// copyRows makes the copies of blocks that lie so many rows below where the
// template has them, and gives by how many rows they are more.
func (x *byExcelize) copyRows(sheet string, body []node, blocks []copies, lower int) (grown int, err error) {
	for _, n := range body {
		if n.block == nil {
			continue
		}
		some := blocks[0]
		blocks = blocks[1:]
		more, err := x.copyBlock(sheet, n.block, some, lower+grown)
		if err != nil {
			return 0, err
		}
		grown += more
	}
	return grown, nil
}

func (x *byExcelize) copyBlock(sheet string, b *block, some copies, lower int) (grown int, err error) {
	first, size := b.first+lower, b.last-b.first+1
	if len(some) == 0 {
		for range size {
			if err := x.file.RemoveRow(sheet, first); err != nil {
				return 0, err
			}
		}
		return -size, nil
	}
	for row := first + size; row < first+size*len(some); row++ {
		if err := x.cancelled(); err != nil {
			return 0, err
		}
		if err := x.file.DuplicateRowTo(sheet, first+(row-first)%size, row); err != nil {
			return 0, err
		}
	}
	grown = size * (len(some) - 1)
	for _, c := range some {
		more, err := x.copyRows(sheet, b.body, c.blocks, lower)
		if err != nil {
			return 0, err
		}
		grown += more
		lower += size + more
	}
	return grown, nil
}
