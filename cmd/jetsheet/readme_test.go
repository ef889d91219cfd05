package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestCommandsOfThePages parses every jetsheet command that a page for people shows, as
// the program itself would, and runs none.
func TestCommandsOfThePages(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	pages := []string{filepath.Join(root, "README.md"), filepath.Join(root, "deploy", "nats", "README.md")}
	runbook, err := filepath.Glob(filepath.Join(root, "deploy", "runbook", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, runbook...) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		lines := pageCommands(string(text))
		if len(lines) == 0 {
			t.Errorf("%s has no command, want some", page)
		}
		for _, line := range lines {
			if err := parseCommand(line); err != nil {
				t.Errorf("%s: %q: %v", filepath.Base(page), line, err)
			}
		}
	}
}

// TestCommandsOfThePagesAreFound holds what the test above relies on.
func TestCommandsOfThePagesAreFound(t *testing.T) {
	t.Parallel()
	got := pageCommands("Run `jetsheet up` or\n`jetsheet runs\nlist`, not `--jetsheet x`.\n```sh\njetsheet setup  # `jetsheet bogus`\n" +
		"jetsheet ops & jetsheet up &\ngo run ./cmd/jetsheet demo\nX=1 jetsheet version && ls\nnats context save jetsheet --user u\n```\n" +
		"```\njetsheet: an error\n```\n`jetsheet demo`\n")
	want := []string{"setup", "ops", "up", "demo", "version", "up", "runs list", "demo"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for line, ok := range map[string]bool{"runs wait R": true, "runs wiat R": false, "runs start": false, "runs": false, "version --bogus": false} {
		if err := parseCommand(line); (err == nil) != ok {
			t.Errorf("parse %q: %v, want an error: %v", line, err, !ok)
		}
	}
}

// commandOfLine is a command in a shell's line: at its start, after variables, an
// operator, or "go run".
var (
	shellBlock    = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")
	anyBlock      = regexp.MustCompile("(?ms)^```[a-z]*\n.*?^```$")
	commandOfLine = regexp.MustCompile(`^(?:[A-Z_]+=\S* +)*(?:jetsheet|go run \./cmd/jetsheet) +(.*)$`)
	commandOfText = regexp.MustCompile("(?s)`jetsheet\\s([^`]+)`")
	operator      = regexp.MustCompile(`\s*(?:&&|\|\||[&|;])\s*`)
	comment       = regexp.MustCompile(`(?:^|\s)#.*$`)
)

// pageCommands are the arguments of every jetsheet command on a page: first those of the
// shell blocks, then those in the text.
func pageCommands(page string) []string {
	var found []string
	for _, block := range shellBlock.FindAllStringSubmatch(page, -1) {
		for line := range strings.Lines(block[1]) {
			line = comment.ReplaceAllString(strings.TrimSpace(line), "")
			for _, part := range operator.Split(line, -1) {
				if match := commandOfLine.FindStringSubmatch(part); match != nil {
					found = append(found, strings.TrimSpace(match[1]))
				}
			}
		}
	}
	for _, match := range commandOfText.FindAllStringSubmatch(anyBlock.ReplaceAllString(page, ""), -1) {
		found = append(found, strings.Join(strings.Fields(match[1]), " "))
	}
	return found
}

// commandWord is a word of a command line, or one in double quotes.
var commandWord = regexp.MustCompile(`(?:[^\s"]|"[^"]*")+`)

// parseCommand parses a command line; what a shell feeds it is not its own. REVISION stands
// for a number.
func parseCommand(line string) error {
	a := &app{stdout: io.Discard, stderr: io.Discard, settings: newSettingsResolver(nil)}
	parser, err := kong.New(newCommands(), a.parserOptions()...)
	if err != nil {
		return err
	}
	line, _, _ = strings.Cut(line, " <<")
	words := commandWord.FindAllString(strings.ReplaceAll(line, "REVISION", "1"), -1)
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], `"`, "")
	}
	if _, err = parser.Parse(words); errors.As(err, new(*helpShownError)) {
		return nil
	}
	return err
}
