package main

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet"
)

var runbookDir = filepath.Join("..", "..", "deploy", "runbook")

// noticePages are the pages that are no cause's: of notices, of the nats CLI, and of what no
// notice can tell.
func noticePages() []string {
	return []string{
		"channel", "missing_run", "nats_lost", "no_worker", "paused", "paused_database", "paused_flags", "paused_nats", "paused_object_store",
		"paused_s3", "raw", "stuck_run",
	}
}

// guidePages are the pages that lead through a thing from its beginning to its end; each
// has a test of its own.
func guidePages() []string {
	return []string{"cutover", "first-report", "layout", "pictures", "templates"}
}

// runbookPages are the pages that a scene is played for.
func runbookPages() []string {
	pages := append(noticePages(), "README")
	for _, cause := range jetsheet.Causes() {
		pages = append(pages, string(cause))
	}
	return pages
}

// TestRunbookPages holds that every cause and every notice has its page, that the table
// of contents names each page and that no page is left over.
func TestRunbookPages(t *testing.T) {
	t.Parallel()
	want := append(runbookPages(), guidePages()...)
	slices.Sort(want)
	files, err := filepath.Glob(filepath.Join(runbookDir, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, file := range files {
		got = append(got, strings.TrimSuffix(filepath.Base(file), ".md"))
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the pages are\n%q, want\n%q", got, want)
	}
	contents := readPage(t, "README")
	for _, page := range want {
		if page != "README" && !strings.Contains(contents, "]("+page+".md)") {
			t.Errorf("README.md does not lead to %s.md", page)
		}
	}
	for _, page := range got {
		checkPage(t, page, readPage(t, page))
	}
	for _, page := range pagesOfNotices(t) {
		if !slices.Contains(got, page) {
			t.Errorf("a notice names the page %s.md, which is not there", page)
		}
	}
}

var (
	pageLink    = regexp.MustCompile(`\]\(([a-zA-Z0-9_./-]+)(?:#[^)]*)?\)`)
	textCommand = regexp.MustCompile("(?s)`((?:jetsheet|nats)\\s[^`]+)`")
	namedPage   = regexp.MustCompile(`runbookPage\("(\w+)"\)`)
)

// checkPage holds what every page must be: short, with links that lead somewhere, and
// with no command outside the blocks that are run but the names of roles.
func checkPage(t *testing.T, page, text string) {
	t.Helper()
	for _, link := range pageLink.FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(filepath.Join(runbookDir, filepath.FromSlash(link[1]))); err != nil {
			t.Errorf("%s.md: link: %v", page, err)
		}
	}
	if page == "README" || slices.Contains(guidePages(), page) {
		return
	}
	if lines := strings.Count(text, "\n"); lines < 20 || lines > 65 {
		t.Errorf("%s.md has %d lines, want 20 to 65", page, lines)
	}
	roles := []string{"jetsheet producer", "jetsheet renderer", "jetsheet uploader", "jetsheet ops", "jetsheet up"}
	for _, command := range textCommand.FindAllStringSubmatch(anyBlock.ReplaceAllString(text, ""), -1) {
		if !slices.Contains(roles, strings.Join(strings.Fields(command[1]), " ")) {
			t.Errorf("%s.md: %q stands in the text, where no test runs it", page, command[1])
		}
	}
	for _, part := range []string{"**What it means.**", "**What it touches.**", "**Look.**", "**Mend.**", "**Undo.**", "**Call.**"} {
		if page != "raw" && !strings.Contains(text, part) {
			t.Errorf("%s.md has no %q", page, part)
		}
	}
}

// pagesOfNotices are the names of pages in the source of notices.
func pagesOfNotices(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "ops", "notify", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]bool{}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range namedPage.FindAllStringSubmatch(string(source), -1) {
			pages[match[1]] = true
		}
	}
	if len(pages) == 0 {
		t.Error("no notice names a page, want some")
	}
	return slices.Sorted(maps.Keys(pages))
}

func readPage(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(runbookDir, page+".md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// scene is a thing that went wrong, ready for its page to be followed.
type scene struct {
	// values stand for the words in capitals on the page.
	values map[string]string
	// steps are what a person does besides typing, by the name on the page.
	steps map[string]func()
	// prints must be in what the page's first block prints.
	prints string
}

// pageBlock is one block of commands.
type pageBlock struct {
	script string
	steps  []string
	code   int
}

// pageBlocks reads the blocks of a page. A comment before a block tells the test what to
// do first (<!-- test: corrected -->) or which exit code to expect (<!-- test: exit 4 -->).
func pageBlocks(t *testing.T, page string) []pageBlock {
	t.Helper()
	var blocks []pageBlock
	next, inside := pageBlock{}, false
	for line := range strings.Lines(readPage(t, page)) {
		note, isNote := strings.CutPrefix(strings.TrimSpace(line), "<!-- test: ")
		note = strings.TrimSuffix(note, " -->")
		code, isCode := strings.CutPrefix(note, "exit ")
		switch {
		case inside && strings.HasPrefix(line, "```"):
			blocks, next, inside = append(blocks, next), pageBlock{}, false
		case inside:
			next.script += line
		case strings.HasPrefix(line, "```sh"):
			inside = true
		case strings.HasPrefix(line, "```"):
			t.Fatalf("%s.md: a block of %q, want sh", page, strings.TrimSpace(line))
		case isNote && isCode:
			var err error
			if next.code, err = strconv.Atoi(code); err != nil {
				t.Fatalf("%s.md: %q: %v", page, line, err)
			}
		case isNote:
			next.steps = append(next.steps, note)
		}
	}
	if len(blocks) < 1 {
		t.Fatalf("%s.md has %d blocks of commands, want some", page, len(blocks))
	}
	return blocks
}

// placeholder is a word in capitals that stands for a value. Names of streams are words
// in capitals too, so the list is closed.
var placeholder = regexp.MustCompile(`\b(?:RUN|REPORT|TICK|TENANT|TARGET|CONVERSION|DIR|FILE|NAME|REPLAY|SUBJECT)\b`)

var replayID = regexp.MustCompile(`\d{8}T\d{9}Z-[a-z0-9]+`)

// follow does what a page says, from top to bottom.
func (r *runbookRig) follow(t *testing.T, page string, s *scene) {
	t.Helper()
	for n, block := range pageBlocks(t, page) {
		for _, step := range block.steps {
			if s.steps[step] == nil {
				t.Fatalf("%s.md: the scene has no step %q", page, step)
			}
			s.steps[step]()
		}
		script := placeholder.ReplaceAllStringFunc(block.script, func(word string) string {
			if s.values[word] == "" {
				t.Fatalf("%s.md: the scene has no value for %s", page, word)
			}
			return s.values[word]
		})
		code, output := r.shell(t, script)
		if code != block.code {
			t.Fatalf("%s.md, block %d: exit code %d, want %d\n%s\n%s", page, n+1, code, block.code, script, output)
		}
		if n == 0 && !strings.Contains(output, s.prints) {
			t.Errorf("%s.md, block 1 prints\n%s\nwant %q in it", page, output, s.prints)
		}
		if id := replayID.FindString(output); id != "" && strings.Contains(script, "replay") {
			s.values["REPLAY"] = id
		}
	}
}

// shell runs a block as one script that ends with the first command that fails.
func (r *runbookRig) shell(t *testing.T, script string) (code int, output string) {
	t.Helper()
	shell := exec.CommandContext(t.Context(), "bash", "-eu", "-o", "pipefail", "-x")
	shell.Dir, shell.Env, shell.Stdin = r.dir, r.shellEnv, strings.NewReader(script)
	var text bytes.Buffer
	shell.Stdout, shell.Stderr = &text, &text
	err := shell.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return shell.ProcessState.ExitCode(), text.String()
}

// TestRunbook makes happen what each page is about, as far as that can be done at will,
// and runs every command of the page as it stands.
func TestRunbook(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it plays some 35 scenes and builds the nats CLI; go test ./... runs it")
	}
	if runtime.GOOS == "windows" {
		t.Skip("the pages are written for a POSIX shell")
	}
	nats := buildNATS(t)
	played := map[string]bool{}
	for _, page := range slices.Concat(slices.Collect(maps.Keys(failureScenes())), slices.Collect(maps.Keys(outageScenes()))) {
		played[page] = true
	}
	for _, page := range runbookPages() {
		if !played[page] {
			t.Errorf("no scene is played for %s.md", page)
		}
	}
	t.Run("failures", func(t *testing.T) {
		t.Parallel()
		r := newRunbookRig(t, nats)
		r.startRoles()
		r.freezeHeld()
		for page, set := range failureScenes() {
			t.Run(page, func(t *testing.T) {
				t.Parallel()
				r.follow(t, page, set(r.of(t, page)))
			})
		}
	})
	t.Run("outages", func(t *testing.T) {
		t.Parallel()
		r := newRunbookRig(t, nats)
		r.startRoles()
		// One after the other: each stops the whole installation.
		for _, page := range slices.Sorted(maps.Keys(outageScenes())) {
			t.Run(page, func(t *testing.T) { r.follow(t, page, outageScenes()[page](r.of(t, page))) })
		}
	})
}
