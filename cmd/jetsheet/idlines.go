package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strings"
)

// byteOrderMark begins what some programs write as UTF-8.
const byteOrderMark = "\ufeff"

// idLines reads ids, one on each line of a file; - is standard input. A line's end may be
// that of Windows, and a byte order mark may come first; everything else belongs to the id.
func (a *app) idLines(name string) (list []string, err error) {
	input := a.stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }()
		input = file
	}
	reader := bufio.NewReader(input)
	for first := true; ; first = false {
		line, err := reader.ReadString('\n')
		if first { // it is invisible, and the tenant with it another one
			line = strings.TrimPrefix(line, byteOrderMark)
		}
		if line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"); line != "" {
			list = append(list, line)
		}
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
	}
}
