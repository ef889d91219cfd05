package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/deploy/local/peak"
	"github.com/jetsheet/jetsheet/renderer/xlsx/intake"
	"github.com/jetsheet/jetsheet/renderer/xlsx/intake/intaketest"
)

// What the check of any file may cost: of the clock's time, and so of the processor's.
const (
	mostInspectionTime   = 5 * time.Second
	mostInspectionMemory = 256 << 20
)

// aloneVariable says that a test process runs one test and nothing else.
const aloneVariable = "JETSHEET_TEST_ALONE"

// TestHostileTemplates gives each hostile file to the real process that looks at files:
// each is refused for its own cause, within bounds of time and memory. Linux
// counts what its parent held when it was started as memory of a child, so the parent is
// a process that has run no other test.
func TestHostileTemplates(t *testing.T) {
	t.Parallel()
	if os.Getenv(aloneVariable) == "" {
		command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHostileTemplates$", "-test.v")
		command.Env = append(os.Environ(), aloneVariable+"=1")
		output, err := command.CombinedOutput()
		if err != nil || !bytes.Contains(output, []byte("--- PASS: TestHostileTemplates")) {
			t.Errorf("alone: %v\n%s", err, output)
		}
		t.Logf("%s", output)
		return
	}
	files := intaketest.Hostile()
	if len(files) < 60 {
		t.Errorf("%d hostile files, want 60 or more", len(files))
	}
	var longest, slowest time.Duration
	var largest int64
	for _, file := range files {
		answer, state, elapsed, err := inspectInTime(t, file.Make())
		var found inspection
		if err == nil {
			err = json.Unmarshal(answer, &found)
		}
		if err != nil {
			t.Errorf("%s: %v", file.Name, err)
			continue
		}
		refused := &intake.RefusedError{Refusals: found.Refusals}
		if !refused.Has(file.Cause) || found.Contents != nil {
			t.Errorf("%s: got %+v, want a refusal for %s", file.Name, found, file.Cause)
		}
		spent, memory := state.UserTime()+state.SystemTime(), peak.OfProcess(state)
		if max(spent, elapsed) > mostInspectionTime || memory > mostInspectionMemory {
			t.Errorf("%s: took %s, %s of the processor, and %s, want at most %s and %s", file.Name, elapsed, spent, humanSize(memory), mostInspectionTime, humanSize(mostInspectionMemory))
		}
		longest, slowest, largest = max(longest, spent), max(slowest, elapsed), max(largest, memory)
	}
	t.Logf("%d files, at most %s, %s of processor time and %s of memory each", len(files), slowest, longest, humanSize(largest))
}

// inspectInTime has a file looked at, and says how long that took by the clock. A machine that is
// busy with something else may take several times as long as the file asks for: what was too
// long counts only if it is so three times.
func inspectInTime(t *testing.T, file []byte) (answer []byte, state *os.ProcessState, elapsed time.Duration, err error) {
	t.Helper()
	for range 3 {
		began := time.Now()
		answer, state, err = runConfined(t.Context(), []string{"jetsheet", "templates", "inspect"}, file)
		if elapsed = time.Since(began); elapsed <= mostInspectionTime {
			break
		}
		t.Logf("took %s by the clock", elapsed)
	}
	return answer, state, elapsed, err
}

func TestInspectionTellsWhatItFound(t *testing.T) {
	t.Parallel()
	found, err := inspectTemplate(t.Context(), intaketest.Form())
	if err != nil || len(found.Mistakes) > 0 {
		t.Fatalf("got %+v, %v", found, err)
	}
	var markers []string
	for _, m := range found.Markers {
		markers = append(markers, m.Cell+m.Text)
	}
	if got, want := strings.Join(markers, " "), "A1{{site_name}} A2{{#records}} A2{{name}} C2{{/records}}"; got != want {
		t.Errorf("markers %s, want %s", got, want)
	}
}

func TestCheckWarnsOfFormulas(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	for cell, text := range map[string]string{"A1": "{{#orders}}{{item}}", "A2": "{{note}}{{/orders}}"} {
		if err := f.SetCellStr("Sheet1", cell, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SetCellFormula("Sheet1", "B4", `COUNTIF(A1:A1,"rice")`); err != nil {
		t.Fatal(err)
	}
	file, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	found, err := inspectTemplate(t.Context(), file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	var shown bytes.Buffer
	result := &checkedTemplate{}
	result.take(found, nil)
	if err := result.print(&app{stdout: &shown}, "form.xlsx"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`form.xlsx: warning: sheet "Sheet1", cell B4: A1:A1 names some rows`, "4 markers: no problems, 1 warning, filled compiled"} {
		if !strings.Contains(shown.String(), want) {
			t.Errorf("got no %q in\n%s", want, &shown)
		}
	}
}

func TestInspectionIsInterrupted(t *testing.T) {
	t.Parallel()
	why := errors.New("the test does not wait")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := inspectTemplate(ctx, intaketest.Form()); !errors.Is(err, why) {
		t.Errorf("got %v, want %v", err, why)
	}
}

// gluttonMain is a check that does not end well: confined, it takes memory or time without
// end, breaks off, answers late, tries to write a file, or tells of its environment.
func gluttonMain() {
	if err := confine(); err != nil {
		panic(err)
	}
	switch os.Args[1] {
	case "memory":
		for held := []byte{1}; len(held) > 0; {
			held = slices.Repeat(held, 2)
		}
	case "time":
		for i := 0; ; i++ {
			_ = i
		}
	case "panic":
		panic("broken")
	case "write":
		input, err := io.ReadAll(os.Stdin)
		if err == nil {
			err = os.WriteFile(string(input), []byte("x"), 0o600)
		}
		if err != nil {
			panic(err)
		}
	case "late":
		late := exec.Command("/bin/sh", "-c", "sleep 2; printf answer")
		late.Stdout = os.Stdout
		if err := late.Start(); err != nil {
			panic(err)
		}
	case "environment":
		_, _ = os.Stdout.WriteString(strings.Join(os.Environ(), " "))
	}
}

func TestInspectionEndsByItsLimits(t *testing.T) {
	for play, want := range map[string]string{"memory": "256.0 MiB of memory", "time": "it takes longer than a template may"} {
		t.Run(play, func(t *testing.T) {
			t.Parallel()
			if !limitsItself {
				t.Skip("processes cannot limit themselves here")
			}
			_, state, err := runConfined(t.Context(), []string{"glutton", play}, nil)
			var refused *intake.RefusedError
			if !errors.As(err, &refused) || !refused.Has(intake.CauseTooCostly) || !strings.Contains(err.Error(), want) {
				t.Fatalf("got %v, want %s with %q", err, intake.CauseTooCostly, want)
			}
			if memory := peak.OfProcess(state); memory > mostInspectionMemory+64<<20 {
				t.Errorf("it took %s", humanSize(memory))
			}
		})
	}
}

func TestInspectionThatBreaksOffIsNoRefusal(t *testing.T) {
	t.Parallel()
	_, _, err := runConfined(t.Context(), []string{"glutton", "panic"}, nil)
	var refused *intake.RefusedError
	if err == nil || errors.As(err, &refused) || !strings.Contains(err.Error(), "panic: broken") {
		t.Errorf("got %v, want what it said", err)
	}
}

// The answer is read to its end, also where that is seconds after the end of the process, as on
// a machine that is busy. Here another process still has it.
func TestInspectionWaitsForItsAnswer(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there is no shell")
	}
	answer, _, err := runConfined(t.Context(), []string{"glutton", "late"}, nil)
	if err != nil || string(answer) != "answer" {
		t.Errorf("got %q, %v", answer, err)
	}
}

func TestInspectionHasNothingOfOurs(t *testing.T) {
	t.Setenv("JETSHEET_NATS_PASSWORD", "secret")
	answer, _, err := runConfined(t.Context(), []string{"glutton", "environment"}, nil)
	if err != nil || strings.Contains(string(answer), "secret") || !strings.Contains(string(answer), "GOMEMLIMIT=") {
		t.Errorf("environment %q, %v", answer, err)
	}
	path := t.TempDir() + "/written"
	_, _, err = runConfined(t.Context(), []string{"glutton", "write"}, []byte(path))
	written, readErr := os.ReadFile(path)
	if limitsItself && (err == nil || len(written) > 0) {
		t.Errorf("a file was written: %q, %v, %v", written, readErr, err)
	}
}
