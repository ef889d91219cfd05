package corpustest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// These name the files that a test's process reads what is given from, and writes its
// workbooks into.
const (
	givenVariable = "JETSHEET_TEST_GIVEN"
	madeVariable  = "JETSHEET_TEST_MADE"
)

// SameInEveryProcess makes workbooks of what is given here and in a hundred more processes
// of the test, which must call nothing else, and fails the test where one has other bytes:
// the message names the workbook and the first of them. What is given goes to the processes
// as JSON. With -short there are ten.
func SameInEveryProcess[Given any](t *testing.T, given func() Given, workbooks func(Given) [][]byte) {
	t.Helper()
	if os.Getenv(madeVariable) != "" {
		answer(t, workbooks)
		return
	}
	dir, all := t.TempDir(), given()
	givenFile, madeFile := filepath.Join(dir, "given"), filepath.Join(dir, "made")
	write(t, givenFile, all)
	processes := 100
	if testing.Short() {
		processes = 10
	}
	want := workbooks(all)
	for i := range processes {
		command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		command.Env = append(os.Environ(), givenVariable+"="+givenFile, madeVariable+"="+madeFile)
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("process %d: %v: %s", i, err, output)
		}
		if difference := compare(load[[][]byte](t, madeFile), want); difference != "" {
			t.Fatalf("process %d: %s", i, difference)
		}
		if err := os.Remove(madeFile); err != nil {
			t.Fatal(err)
		}
	}
}

// answer is what each of the processes does.
func answer[Given any](t *testing.T, workbooks func(Given) [][]byte) {
	t.Helper()
	write(t, os.Getenv(madeVariable), workbooks(load[Given](t, os.Getenv(givenVariable))))
}

// compare says where the first workbook that differs does; nothing if none does.
func compare(got, want [][]byte) string {
	if len(got) != len(want) {
		return fmt.Sprintf("made %d workbooks, want %d", len(got), len(want))
	}
	for i := range want {
		if bytes.Equal(got[i], want[i]) {
			continue
		}
		at := 0
		for at < min(len(got[i]), len(want[i])) && got[i][at] == want[i][at] {
			at++
		}
		return fmt.Sprintf("workbook %d of %d differs from byte %d: it has %d bytes, want %d", i, len(want), at, len(got[i]), len(want[i]))
	}
	return ""
}

func write(t *testing.T, file string, content any) {
	t.Helper()
	encoded, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, encoded, 0o600); err != nil {
		t.Fatal(err)
	}
}

func load[T any](t *testing.T, file string) (content T) {
	t.Helper()
	encoded, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(encoded, &content); err != nil {
		t.Fatal(err)
	}
	return content
}
