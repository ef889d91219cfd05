package corpustest

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// These name the files that a test's process reads what is given from, and writes its digest
// into.
const (
	givenVariable  = "JETSHEET_TEST_GIVEN"
	digestVariable = "JETSHEET_TEST_DIGEST"
)

// SameInEveryProcess makes the digest of what is given here and in a hundred more processes
// of the test, which must call nothing else, and fails the test where it is another one.
// What is given goes to them as JSON. With -short there are ten.
func SameInEveryProcess[Given any](t *testing.T, given func() Given, digest func(Given) []byte) {
	t.Helper()
	if os.Getenv(digestVariable) != "" {
		answer(t, digest)
		return
	}
	dir, all := t.TempDir(), given()
	encoded, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	givenFile, digestFile := filepath.Join(dir, "given"), filepath.Join(dir, "digest")
	if err := os.WriteFile(givenFile, encoded, 0o600); err != nil {
		t.Fatal(err)
	}
	processes := 100
	if testing.Short() {
		processes = 10
	}
	want := digest(all)
	for i := range processes {
		command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		command.Env = append(os.Environ(), givenVariable+"="+givenFile, digestVariable+"="+digestFile)
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("process %d: %v: %s", i, err, output)
		}
		if got, err := os.ReadFile(digestFile); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("process %d gave the digest %x, %v, want %x", i, got, err, want)
		}
		if err := os.Remove(digestFile); err != nil {
			t.Fatal(err)
		}
	}
}

// answer is what each of the processes does.
func answer[Given any](t *testing.T, digest func(Given) []byte) {
	t.Helper()
	encoded, err := os.ReadFile(os.Getenv(givenVariable))
	if err != nil {
		t.Fatal(err)
	}
	var given Given
	if err := json.Unmarshal(encoded, &given); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(os.Getenv(digestVariable), digest(given), 0o600); err != nil {
		t.Fatal(err)
	}
}
