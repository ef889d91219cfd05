package main

import (
	"context"
	"os"
	"slices"
	"strings"
)

// writer is one that takes part.
type writer struct {
	name, version string
	command       []string
	// slow ones make fewer workbooks, and none of a million rows.
	slow bool
	// peer is a program of its own, which knows tables only.
	peer bool
}

// writes says whether it takes part in cases with this content.
func (w writer) writes(c content) bool {
	if w.peer {
		return c == table
	}
	_, ok := inProcess[c][w.name]
	return ok
}

// findWriters looks for what the machine has.
func findWriters(ctx context.Context, dir, only string) (found []writer, absent []string) {
	all := []func(context.Context, string) (writer, error){
		here(nameJetsheet, "", false), here(nameStream, excelizeModule, false), here(nameCells, excelizeModule, true),
		here(nameSlow, excelizeModule, true), here(nameFill, excelizeModule, true),
		findTealeg, findLibxlsxwriter, findPython("XlsxWriter", "xlsxwriter", xlsxwriterScript), findPython("openpyxl", "openpyxl", openpyxlScript),
		here(nameData, "", false),
	}
	wanted := strings.Split(only, ",")
	for _, find := range all {
		w, err := find(ctx, dir)
		switch {
		case only != "" && !slices.Contains(wanted, w.name):
		case err != nil:
			absent = append(absent, w.name+" ("+firstLine(err.Error())+")")
		default:
			found = append(found, w)
		}
	}
	return found, absent
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

const excelizeModule = "github.com/xuri/excelize/v2"

// here is a writer that is part of this program.
func here(name, module string, slow bool) func(context.Context, string) (writer, error) {
	return func(context.Context, string) (writer, error) {
		program, err := os.Executable()
		return writer{name: name, version: moduleVersion(module), command: []string{program, "-child", name}, slow: slow}, err
	}
}
