package template_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// chance draws templates that nobody would, from a seed.
type chance struct {
	*rand.Rand
	*drawer
}

const (
	drawnTemplates = 24
	drawnRows      = 16
)

// Rows that excelize copies one by one must lie where the compiled template
// writes them, with all that refers to them.
func TestBothWaysOfFillingShowTheSameOfAnything(t *testing.T) {
	t.Parallel()
	for seed := range uint64(drawnTemplates) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // a test wants the same each time
			s := sample{draw: func(d *drawer) { (&chance{random, d}).draw() }}
			file := s.template(t)
			compiled, err := template.Compile(file, template.Options{})
			noError(t, err)
			other, err := template.Compile(file, template.Options{})
			noError(t, err)
			other.ByExcelize()
			for range 2 {
				d := someData(random)
				same(t, look(t, filled(t, other, d)), look(t, filled(t, compiled, d)), "by excelize")
			}
		})
	}
}

func (c *chance) draw() {
	c.Helper()
	c.sheet("Other")
	for row := 1; row <= drawnRows; {
		row = c.block(row, 0)
	}
	for row := 1; row <= drawnRows; row++ {
		c.putRow(row)
	}
	for i := range 3 {
		from := 1 + c.IntN(drawnRows)
		to := min(from+c.IntN(4), drawnRows)
		columns := []string{"K", "M", "O"}[i]
		c.merge(fmt.Sprint(columns, from), fmt.Sprint(string(columns[0]+1), to))
		c.rule(fmt.Sprint("A", from, ":B", to), ">", strconv.Itoa(i))
		c.list(fmt.Sprint("C", from, ":C", to), fmt.Sprint("$A$", from, ":$A$", to))
	}
	c.comment(fmt.Sprint("B", 1+c.IntN(drawnRows)), "look")
	c.picture(fmt.Sprint("H", 1+c.IntN(drawnRows)), "oneCell")
	c.name("somewhere", "Form!"+c.reference(), "Workbook")
	c.putOn("Other", "A1", "=SUM(Form!"+c.reference()+")", "A2", "=Form!B"+strconv.Itoa(1+c.IntN(drawnRows)))
}

// block draws what begins in a row, and gives the row behind it. The markers
// of blocks so many levels deep are in columns of their own.
func (c *chance) block(row, depth int) int {
	c.Helper()
	last := min(row+c.IntN(4), drawnRows)
	kind := c.IntN(5)
	if kind > 2 || depth > 1 {
		return row + 1
	}
	begin := []string{"{{#records}}", "{{?yes}}", "{{^yes}}"}[kind]
	end := []string{"{{/records}}", "{{/?}}", "{{/^}}"}[kind]
	if depth > 0 && kind == 0 {
		begin, end = "{{#lines}}", "{{/lines}}"
	}
	for inner := row + 1; inner < last; {
		inner = c.inner(inner, last, depth+1)
	}
	c.put(fmt.Sprint(string(rune('U'+2*depth)), row), begin, fmt.Sprint(string(rune('V'+2*depth)), last), end)
	return last + 1
}

// inner is a block within one that has a last row.
func (c *chance) inner(row, last, depth int) int {
	c.Helper()
	if c.IntN(2) == 0 || row >= last {
		return row + 1
	}
	c.put(fmt.Sprint("W", row), "{{?warn}}", fmt.Sprint("X", row), "{{/?}}")
	return row + depth
}

func (c *chance) putRow(row int) {
	c.Helper()
	c.put(fmt.Sprint("A", row), fmt.Sprint("row ", row), fmt.Sprint("B", row), row, fmt.Sprint("D", row), "{{text}} {{amount}}")
	if c.IntN(2) == 0 {
		c.put(fmt.Sprint("B", row), "{{amount}}")
	}
	if c.IntN(3) > 0 {
		c.put(fmt.Sprint("E", row), fmt.Sprintf("=SUM(%s)+B%d*%s", c.reference(), 1+c.IntN(drawnRows), c.corner()))
	}
	if c.IntN(4) == 0 {
		noError(c.T, c.file.SetRowHeight("Form", row, float64(20+row)))
	}
}

func (c *chance) corner() string {
	return []string{"B", "$B", "B$", "$B$"}[c.IntN(4)] + strconv.Itoa(1+c.IntN(drawnRows))
}

func (c *chance) reference() string {
	if c.IntN(2) == 0 {
		return c.corner()
	}
	return c.corner() + ":" + c.corner()
}

// someData is of few rows, with few lines each.
func someData(random *rand.Rand) template.Data {
	maybe := func() xlsx.Value {
		if random.IntN(2) == 0 {
			return xlsx.Null()
		}
		return xlsx.Int(1)
	}
	all := items(random.IntN(4))
	all.Columns = append(all.Columns, "warn")
	var lines []*template.Table
	for i := range all.Rows {
		all.Rows[i] = append(all.Rows[i], maybe())
		lines = append(lines, items(random.IntN(3)))
	}
	all.Nested = map[string][]*template.Table{"lines": lines}
	return template.Data{
		Fields: map[string]xlsx.Value{"yes": maybe(), "warn": maybe(), "text": xlsx.Text("t"), "amount": xlsx.Int(7)},
		Tables: map[string]*template.Table{"records": all, "lines": items(2)},
	}
}
