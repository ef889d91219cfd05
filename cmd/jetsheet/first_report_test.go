package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// TestFirstReport runs every command of the page that a newcomer follows, in one shell,
// and opens what comes out.
func TestFirstReport(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "deploy", "runbook", "first-report.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(filepath.Join(root, "deploy"), filepath.Join(dir, "deploy")); err != nil {
		t.Fatal(err)
	}
	shell := exec.CommandContext(t.Context(), "bash", "-eux")
	shell.Dir, shell.Stdin = dir, strings.NewReader(pageScript(t, string(page)))
	shell.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_EC2_METADATA_DISABLED=true",
		"DATABASE_URL=" + localtest.Database(t, local.Template{}),
	}
	shell.WaitDelay = 30 * time.Second
	var output bytes.Buffer
	shell.Stdout, shell.Stderr = &output, &output
	if err := shell.Run(); err != nil {
		t.Fatalf("the page's commands: %v\n%s", err, output.String())
	}
	for file, want := range map[string]int{
		"aoba.xlsx": 6, "jetsheet-data/workbooks/aoba/" + lastMonth() + "/orders.xlsx": 6, "jetsheet-data/workbooks/minato/" + lastMonth() + "/orders.xlsx": 5,
	} {
		if got := sheetRows(t, filepath.Join(dir, filepath.FromSlash(file))); got != want {
			t.Errorf("%s has %d rows with its header, want %d\n%s", file, got, want, output.String())
		}
	}
}

// pageScript makes one script of the page's shell blocks. What a page says to run in
// another terminal runs in the background until the end.
func pageScript(t *testing.T, page string) string {
	t.Helper()
	var script strings.Builder
	note, inside, blocks := "", false, 0
	for line := range strings.Lines(page) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case inside && line == "```":
			inside, note = false, ""
		case inside && note == "background":
			script.WriteString(line + " --local-nats=127.0.0.1:0 --local-s3=127.0.0.1:0 &\n")
			script.WriteString("up=$!\ntrap 'kill -INT $up; wait $up' EXIT\n")
			script.WriteString("set +x; until [ -s jetsheet-data/env ]; do kill -0 $up; sleep 0.1; done; set -x\n")
		case inside && note != "skip":
			script.WriteString(line + "\n")
		case strings.HasPrefix(line, "<!-- test: "):
			note = strings.TrimSuffix(strings.TrimPrefix(line, "<!-- test: "), " -->")
		case line == "```sh" || line == "```yaml":
			inside = true
			blocks++
		}
	}
	if blocks < 8 {
		t.Fatalf("%d blocks found on the page, want at least 8", blocks)
	}
	return script.String()
}

func lastMonth() string {
	tokyo := time.FixedZone("JST", 9*60*60)
	now := time.Now().In(tokyo)
	return time.Date(now.Year(), now.Month()-1, 1, 0, 0, 0, 0, tokyo).Format("2006-01")
}

func sheetRows(t *testing.T, file string) int {
	t.Helper()
	book, err := cells.OpenFile(file, cells.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = book.Close() }()
	rows := 0
	if err := book.Sheets()[0].Rows(func(int, []cells.Cell) error { rows++; return nil }); err != nil {
		t.Fatal(err)
	}
	return rows
}
