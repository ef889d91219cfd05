package template

import (
	"fmt"
	"slices"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// follower is a part that says where cells are, and follows them.
type follower struct {
	part *part
	// sheet is that of the cells, or that it lies on.
	sheet *sheet
	move  func(content []byte, g *reference.Grid) ([]byte, error)
}

// followers are the ways in which parts follow, by their relations to a sheet
// or, for charts, to a drawing.
var followers = map[string]func([]byte, *reference.Grid) ([]byte, error){
	"drawing":         followDrawing,
	"chart":           followChart,
	"chartEx":         followChart,
	"comments":        followComments,
	"threadedComment": followThreads,
	"vmlDrawing":      followNotes,
	"table":           followTable,
	"pivotTable":      followPivot,
}

// findFollowers finds the parts that follow a sheet's cells. What is wrong in
// one is a reason not to compile the template.
func (c *compiler) findFollowers(s *sheet) error {
	if err := c.addFollowers(s, s.relations); err != nil {
		return err
	}
	for _, r := range s.relations {
		if r.kind != "drawing" || r.external {
			continue
		}
		inner, err := c.parts.relations(r.target)
		if err != nil {
			return err
		}
		if err := c.addFollowers(s, inner); err != nil {
			return err
		}
		if !slices.ContainsFunc(inner, func(r relation) bool { return r.kind == "hyperlink" }) {
			continue
		}
		if err := c.addFollower(s, relationsPart(r.target), followLinks); err != nil {
			return err
		}
	}
	return nil
}

func (c *compiler) addFollowers(s *sheet, all []relation) error {
	for _, r := range all {
		move := followers[r.kind]
		if move == nil || r.external {
			continue
		}
		if err := c.addFollower(s, r.target, move); err != nil {
			return err
		}
	}
	return nil
}

func (c *compiler) addFollower(s *sheet, name string, move func([]byte, *reference.Grid) ([]byte, error)) error {
	if _, err := c.parts.read(name); err != nil {
		return err
	}
	f := follower{part: c.parts.find(name), sheet: s, move: move}
	if err := f.try(); err != nil {
		c.refuse(s, "", fmt.Sprintf("part %s: %v", f.part.name, err))
		return nil
	}
	c.followers = append(c.followers, f)
	return nil
}

// try moves the part as if every row were there twice.
func (f *follower) try() error {
	g, err := f.sheet.rowsTwice()
	if err == nil {
		_, err = f.move(f.part.content, g)
	}
	return err
}

// follow makes the parts that are not as in the template because cells moved.
func (f *filling) follow() error {
	f.followed = make(map[*part][]byte)
	if !f.moved {
		return nil
	}
	for _, p := range f.pages {
		for i := range f.template.followers {
			if follower := &f.template.followers[i]; follower.sheet == p.sheet {
				content, err := follower.move(follower.part.content, p.grid)
				if err != nil {
					return fmt.Errorf("part %s: %w", follower.part.name, err)
				}
				f.setFollowed(f.followedOf(p), follower.part, follower.part.content, content)
			}
		}
	}
	workbook := f.template.workbook.part
	content, err := f.template.current(workbook)
	if err != nil {
		return err
	}
	names, err := followNames(content, f.moves)
	if err != nil {
		return fmt.Errorf("part %s: %w", workbook.name, err)
	}
	f.setFollowed(f.followed, workbook, content, names)
	return f.followSources()
}

// followedOf is where the parts of a page are kept.
func (f *filling) followedOf(p *page) map[*part][]byte {
	if !p.sheet.repeated() {
		return f.followed
	}
	if p.followed == nil {
		p.followed = make(map[*part][]byte)
	}
	return p.followed
}

// setFollowed takes what a part became, if it is not as it was.
func (*filling) setFollowed(into map[*part][]byte, p *part, was, is []byte) {
	if len(was) != len(is) || len(was) > 0 && &was[0] != &is[0] {
		into[p] = is
	}
}
