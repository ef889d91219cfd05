package main

import (
	"bytes"
	"context"
	_ "embed" // the peers' programs
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed peers/xlsxwriter.py
var xlsxwriterScript string

//go:embed peers/openpyxl.py
var openpyxlScript string

//go:embed peers/libxlsxwriter.c
var libxlsxwriterSource string

// findPython looks for a library of a python3 on the machine.
func findPython(name, module, script string) func(context.Context, string) (writer, error) {
	return func(ctx context.Context, dir string) (writer, error) {
		w := writer{name: name, slow: true, peer: true}
		file := filepath.Join(dir, module+"_bench.py")
		if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
			return w, err
		}
		err := errors.New("no python3")
		for _, python := range []string{"python3", "/usr/bin/python3"} {
			var version string
			version, err = output(ctx, "", python, "-c", "import "+module+", sys; print("+module+".__version__, 'on Python', sys.version.split()[0])")
			if err == nil {
				w.version, w.command = version, []string{python, file}
				return w, nil
			}
		}
		return w, err
	}
}

// findLibxlsxwriter compiles the C program where the library is installed.
func findLibxlsxwriter(ctx context.Context, dir string) (writer, error) {
	w := writer{name: "libxlsxwriter", peer: true}
	source, program := filepath.Join(dir, "libxlsxwriter.c"), filepath.Join(dir, "libxlsxwriter-bench")
	if err := os.WriteFile(source, []byte(libxlsxwriterSource), 0o600); err != nil {
		return w, err
	}
	flags := strings.Fields(os.Getenv("CFLAGS"))
	args := append([]string{"-O2", "-o", program, source}, append(flags, "-lxlsxwriter", "-lm")...)
	if _, err := output(ctx, "", "cc", args...); err != nil {
		return w, err
	}
	version, err := output(ctx, "", program, "-version", "1")
	w.version, w.command = version+", constant_memory", []string{program}
	return w, err
}

// findTealeg builds the program of a module of its own: what it needs must not come
// into this one.
func findTealeg(ctx context.Context, dir string) (writer, error) {
	w := writer{name: "tealeg", slow: true, peer: true}
	module := filepath.Join("deploy", "bench", "xlsx", "tealeg")
	if _, err := os.Stat(module); err != nil {
		return w, errors.New("run this in the repository's root")
	}
	program := filepath.Join(dir, "tealeg-bench")
	if _, err := output(ctx, module, "go", "build", "-o", program, "."); err != nil {
		return w, err
	}
	version, err := output(ctx, module, "go", "list", "-m", "-f", "{{.Version}}", "github.com/tealeg/xlsx/v3")
	w.version, w.command = version, []string{program}
	return w, err
}

func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, name, args...)
	command.Dir = dir
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		if message := firstError(stderr.String()); message != "" {
			return "", errors.New(message)
		}
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return strings.TrimSpace(stdout.String()), nil
}

// firstError is the line of a program's complaint that says most.
func firstError(s string) string {
	for line := range strings.Lines(s) {
		if strings.Contains(line, "rror") {
			return strings.TrimSpace(line)
		}
	}
	return firstLine(s)
}
