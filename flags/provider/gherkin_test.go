package provider_test

import (
	"fmt"
	"slices"
	"strings"
)

// testbedCase is a scenario, or one line of the examples of an outline.
type testbedCase struct {
	name  string
	tags  []string
	steps []string
	// rows are those of the table behind a step.
	rows map[string][][]string
}

// parseFeature reads as much of Gherkin as the testbed uses.
func parseFeature(text string) (cases []testbedCase) {
	var (
		background       []string
		scenario         testbedCase
		tags, header     []string
		outline, example bool
		inBackground     bool
	)
	flush := func() {
		if len(scenario.steps) > 0 && !outline {
			cases = append(cases, scenario)
		}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case strings.HasPrefix(line, "@"):
			tags = append(tags, strings.Fields(line)...)
		case word == "Background:":
			inBackground = true
		case word == "Scenario", word == "Scenario:":
			flush()
			inBackground, example, outline = false, false, strings.HasPrefix(rest, "Outline:")
			scenario = testbedCase{name: line, tags: tags, steps: slices.Clone(background), rows: map[string][][]string{}}
			tags = nil
		case word == "Examples:":
			example, header = true, nil
		case strings.HasPrefix(line, "|"):
			row := cellsOf(line)
			switch {
			case !example:
				last := scenario.steps[len(scenario.steps)-1]
				scenario.rows[last] = append(scenario.rows[last], row)
			case header == nil:
				header = row
			default:
				cases = append(cases, scenario.with(header, row, tags))
			}
		case slices.Contains([]string{"Given", "When", "Then", "And"}, word) && inBackground:
			background = append(background, rest)
		case slices.Contains([]string{"Given", "When", "Then", "And"}, word):
			scenario.steps = append(scenario.steps, rest)
		case line == "":
			if example {
				tags = nil // those of the examples above
			}
		}
	}
	flush()
	return cases
}

func cellsOf(line string) (cells []string) {
	for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
		cells = append(cells, strings.TrimSpace(cell))
	}
	return cells
}

// with is a case of an outline.
func (c testbedCase) with(header, row, tags []string) testbedCase {
	of := testbedCase{name: fmt.Sprint(c.name, " ", row), tags: slices.Concat(c.tags, tags), rows: c.rows}
	for _, step := range c.steps {
		for i, name := range header {
			step = strings.ReplaceAll(step, "<"+name+">", row[i])
		}
		of.steps = append(of.steps, step)
	}
	return of
}
