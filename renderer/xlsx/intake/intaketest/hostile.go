package intaketest

import (
	"slices"

	"github.com/jetsheet/jetsheet/renderer/xlsx/intake"
)

// File is a file that is to be refused.
type File struct {
	// Name says what is wrong with it.
	Name  string
	Cause intake.Cause
	// Text is a part of the message: the part, sheet or cell that it is to name.
	Text string
	// Make makes its bytes, which for some are many.
	Make func() []byte
}

// Hostile are all files.
func Hostile() []File {
	return slices.Concat(notWorkbooks(), archives(), outward(), drawings(), markup(), sheets(), books())
}

// changed is a file whose parts differ from the form's.
func changed(name string, cause intake.Cause, text string, change func(p parts) parts) File {
	return File{Name: name, Cause: cause, Text: text, Make: func() []byte { return change(form()).zip() }}
}

// added is the form with entries more.
func added(name string, cause intake.Cause, text string, entries func() []entry) File {
	return File{Name: name, Cause: cause, Text: text, Make: func() []byte { return form().zip(entries()...) }}
}
