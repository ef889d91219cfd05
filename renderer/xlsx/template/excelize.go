package template

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
)

// byExcelize fills a template the slow way: excelize reads it whole, copies
// rows one by one, is told the values and writes all sheets anew. It takes what
// is not compiled as it is.
//
// All that refers to rows follows them as in a compiled template, but for what
// is not understood: there it is as excelize has it.
type byExcelize struct {
	*filling
	file *excelize.File
}

func (f *filling) fillByExcelize() error {
	file, err := excelize.OpenReader(bytes.NewReader(f.template.file))
	if err != nil {
		return fmt.Errorf("open it by excelize: %w", err)
	}
	x := &byExcelize{filling: f, file: file}
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
	merged := make(map[*page][]excelize.MergeCell)
	for _, p := range x.worksheets() {
		var err error
		if merged[p], err = x.unmerge(p.name); err != nil {
			return err
		}
		if _, err := x.copyRows(p.name, p.sheet.body, p.blocks, 0); err != nil {
			return err
		}
	}
	x.takeFollowed()
	for _, p := range x.worksheets() {
		if err := eachRow(p.sheet.body, p.blocks, p.frame, 0, func(r *row, at *frame, lower int) error {
			return x.setRow(p, r, at, lower)
		}); err != nil {
			return err
		}
		if err := x.merge(p, merged[p]); err != nil {
			return err
		}
	}
	calculate := true
	return x.file.SetCalcProps(&excelize.CalcPropsOptions{FullCalcOnLoad: &calculate})
}

func (x *byExcelize) worksheets() []*page {
	return slices.DeleteFunc(slices.Clone(x.pages), func(p *page) bool { return !p.sheet.worksheet })
}

// unmerge parts merged cells: while rows are copied, excelize would take cells
// for those that others cover.
func (x *byExcelize) unmerge(sheet string) ([]excelize.MergeCell, error) {
	merged, err := x.file.GetMergeCells(sheet, true)
	if err != nil {
		return nil, err
	}
	for _, m := range merged {
		if err := x.file.UnmergeCell(sheet, m.GetStartAxis(), m.GetEndAxis()); err != nil {
			return nil, err
		}
	}
	return merged, nil
}

// merge merges the cells again that were, in every copy of their rows.
func (x *byExcelize) merge(p *page, merged []excelize.MergeCell) error {
	for _, m := range merged {
		for _, ref := range p.grid.Ranges(m.GetStartAxis() + ":" + m.GetEndAxis()) {
			from, to, isRange := strings.Cut(ref, ":")
			if !isRange {
				continue
			}
			if err := x.file.MergeCell(p.name, from, to); err != nil {
				return err
			}
		}
	}
	return nil
}

// takeFollowed has excelize go on with the parts that followed the rows, in
// place of what it made of them.
func (x *byExcelize) takeFollowed() {
	for p, content := range x.followed {
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
