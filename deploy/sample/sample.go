// Package sample is a stand-in for a user's own database, and the report
// definitions that go with it: a company that sells food-hygiene and
// facility-inspection records, with customers of very unequal size.
//
// The demo, the benchmarks and the documentation work on it. It knows nothing
// of jetsheet's packages, as a user's database would not:
//
//	schema.sql   tables and indexes, created by Load
//	reports/     three definitions, commented for a reader who learns from them
//	forms/       customers' own forms as templates, with pictures, and the reports that fill them
//	first/       one table of ten rows and the shortest useful definition
//
// The records are made up from a seed: the same Options give the same rows in
// every table, as long as the time zone database agrees on the month. They contain what real records contain and
// what goes wrong with it: line breaks, emoji, full-width digits, codes with
// leading zeros, text that looks like a formula, 19-digit ids, ids with
// slashes, answers that are missing, unknown or of the wrong type, readings in
// the first instant and the last microsecond of a month, and days of 23 and 25
// hours. Some customers and sites have no records at all.
package sample

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed schema.sql reports/*.yaml first/*
var files embed.FS

// Schema returns the SQL that creates the tables and indexes in an empty
// schema of the search path. Load runs it.
func Schema() (string, error) {
	text, err := files.ReadFile("schema.sql")
	if err != nil {
		return "", fmt.Errorf("read the sample schema: %w", err)
	}
	return string(text), nil
}

// Reports returns the three report definitions, *.yaml files at its root.
func Reports() (fs.FS, error) {
	return sub("reports")
}

// First returns the tutorial's files: setup.sql, which creates a table of ten
// rows of the last and the current month, and first.yaml, a definition on it.
func First() (fs.FS, error) {
	return sub("first")
}

func sub(dir string) (fs.FS, error) {
	part, err := fs.Sub(files, dir)
	if err != nil {
		return nil, fmt.Errorf("open the sample's %s: %w", dir, err)
	}
	return part, nil
}
