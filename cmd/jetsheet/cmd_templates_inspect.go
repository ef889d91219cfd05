package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/jetsheet/jetsheet/renderer/xlsx/intake"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// templatesInspectCommand looks at an untrusted file in a process of its own: the file
// comes on standard input, an inspection goes to standard output. Other commands start it,
// see [inspectTemplate].
type templatesInspectCommand struct{}

// inspection is what is known of a file.
type inspection struct {
	// Refusals say why it may be no template; then the rest is empty.
	Refusals []intake.Refusal `json:"refusals,omitempty"`
	Contents *intake.Report   `json:"contents,omitempty"`
	// Mistakes are markers that mean nothing.
	Mistakes []templateMistake `json:"mistakes,omitempty"`
	Markers  []templateMarker  `json:"markers,omitempty"`
	// Unsupported is what makes filling slow; empty for a template that is compiled.
	Unsupported []templateReason `json:"unsupported,omitempty"`
	// Warnings are formulas that may give another result than their author wants.
	Warnings []templateReason `json:"warnings,omitempty"`
}

// templateMistake is a mistake at one place.
type templateMistake struct {
	Sheet   string `json:"sheet,omitempty"`
	Cell    string `json:"cell,omitempty"`
	Message string `json:"message"`
}

// templateMarker is a [template.Marker] as it is printed for programs.
type templateMarker struct {
	Sheet  string        `json:"sheet"`
	Cell   string        `json:"cell,omitempty"`
	Text   string        `json:"text"`
	Kind   template.Kind `json:"kind"`
	Name   string        `json:"name,omitempty"`
	On     string        `json:"on,omitempty"`
	Format string        `json:"format,omitempty"`
	Blocks []string      `json:"blocks,omitempty"`
}

// templateReason is a [template.Reason] as it is printed for programs.
type templateReason struct {
	Sheet string `json:"sheet,omitempty"`
	Cell  string `json:"cell,omitempty"`
	Why   string `json:"why"`
}

// Run reads the file and says what it is.
func (c *templatesInspectCommand) Run(app *app) error {
	if err := confine(); err != nil {
		return err
	}
	file, err := io.ReadAll(io.LimitReader(app.stdin, maxTemplateBytes+1))
	if err != nil {
		return fmt.Errorf("read the file: %w", err)
	}
	return app.printJSON(inspect(file))
}

// inspect is the check of a file, without any limit but those of intake.
func inspect(file []byte) *inspection {
	contents, err := intake.Check(file, intake.Limits{FileBytes: maxTemplateBytes})
	var refused *intake.RefusedError
	if errors.As(err, &refused) {
		return &inspection{Refusals: refused.Refusals}
	}
	found := &inspection{Contents: contents}
	compiled, err := template.Compile(file, template.Options{})
	if err != nil {
		found.Mistakes = mistakes(err)
		return found
	}
	for _, m := range compiled.Markers() {
		found.Markers = append(found.Markers, templateMarker(m))
	}
	for _, r := range compiled.Unsupported() {
		found.Unsupported = append(found.Unsupported, templateReason(r))
	}
	for _, r := range compiled.Warnings() {
		found.Warnings = append(found.Warnings, templateReason(r))
	}
	return found
}

// mistakes are the mistakes in an error of the compiler.
func mistakes(err error) []templateMistake {
	var found *template.MistakesError
	if !errors.As(err, &found) {
		return []templateMistake{{Message: err.Error()}}
	}
	all := make([]templateMistake, len(found.Mistakes))
	for i, err := range found.Mistakes {
		var place *template.PlaceError
		if errors.As(err, &place) {
			all[i] = templateMistake{Sheet: place.Sheet, Cell: place.Cell, Message: place.Err.Error()}
		} else {
			all[i] = templateMistake{Message: err.Error()}
		}
	}
	if found.More > 0 {
		all[len(all)-1].Message += fmt.Sprintf(" (and %d more, which are not listed)", found.More)
	}
	return all
}
