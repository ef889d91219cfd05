//go:build unix

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

func TestSignals(t *testing.T) {
	t.Parallel()
	interrupt, terminate := syscall.SIGINT, syscall.SIGTERM
	for _, test := range []struct {
		how     string
		signals []syscall.Signal
		code    int
		stderr  string
	}{
		{"client", []syscall.Signal{interrupt}, 130, "jetsheet: interrupted (interrupt)\n"},
		{"client", []syscall.Signal{terminate}, 130, "jetsheet: interrupted (terminated)\n"},
		{"role", []syscall.Signal{terminate}, 0, ""},
		{"role", []syscall.Signal{interrupt}, 0, ""},
		{"failing role", []syscall.Signal{terminate}, 1, "jetsheet: cannot give back a job\n"},
		{"finished", []syscall.Signal{interrupt}, 3, ""},
		{"stubborn", []syscall.Signal{interrupt, interrupt}, 130, ""},
		{"stubborn", []syscall.Signal{terminate, interrupt}, 130, ""},
	} {
		t.Run(fmt.Sprint(test.how, test.signals), func(t *testing.T) {
			t.Parallel()
			code, stderr := signalled(t, test.how, test.signals)
			if code != test.code || stderr != test.stderr {
				t.Errorf("await %q with %v: exit code %d, %q; want %d, %q", test.how, test.signals, code, stderr, test.code, test.stderr)
			}
		})
	}
}

// signalled runs await and sends it each signal when it has said that it is ready for
// it.
func signalled(t *testing.T, how string, signals []syscall.Signal) (int, string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "await", how)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for i, want := range []string{"ready", "cancelled"}[:len(signals)] {
		if !lines.Scan() || lines.Text() != want {
			t.Errorf("await %q: line %d is %q, want %q", how, i, lines.Text(), want)
		}
		if err := command.Process.Signal(signals[i]); err != nil {
			t.Errorf("await %q: %v", how, err)
		}
	}
	for lines.Scan() { // the pipe must be read to its end before Wait
	}
	err = command.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("await %q: %v (%s)", how, err, strings.TrimSpace(stderr.String()))
	}
	return command.ProcessState.ExitCode(), stderr.String()
}
