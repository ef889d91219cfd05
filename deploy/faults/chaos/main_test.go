//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if o, err := parse([]string{"--seed", "7", "--seconds", "60", "--binary", program}); err != nil || o.seed != 7 || o.seconds != 60 || o.binary != program {
		t.Errorf("got %+v, %v, want seed 7, 60 seconds and %s", o, err, program)
	}
	for args, want := range map[string]string{
		"--seconds 0":  "1 or more",
		"--seconds -5": "1 or more",
		"--seeds 0":    "1 or more",
		"7":            "no arguments",
		"--seed x":     "invalid value",
		"--binary " + filepath.Join(t.TempDir(), "missing"): "--binary: ",
		"--binary " + t.TempDir():                           "--binary: ",
	} {
		if _, err := parse(strings.Fields(args)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want one with %q", args, err, want)
		}
	}
}
