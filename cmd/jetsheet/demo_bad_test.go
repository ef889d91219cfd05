package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/deploy/local"
)

func TestDemoRefuses(t *testing.T) {
	t.Parallel()
	full := t.TempDir()
	file := filepath.Join(full, "file")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	nowhere := local.DatabaseVariable + "=postgres://nobody@127.0.0.1:1/none?connect_timeout=1"
	for _, test := range []struct {
		name string
		args []string
		env  []string
		code int
		want []string // in the message
	}{
		{"a directory with files", []string{"--dir", full}, nil, exitUsage, []string{full, "not empty", "--dir"}},
		{"a file as directory", []string{"--dir", file}, nil, exitUsage, []string{file, "--dir"}},
		{"a directory below a file", []string{"--dir", filepath.Join(file, "x")}, nil, exitUsage, []string{file, "--dir"}},
		{"no tenants", []string{"--tenants", "0", "--dir", "new"}, nil, exitUsage, []string{"--tenants", "0", "from 1 to"}},
		{"fewer than no tenants", []string{"--tenants=-3", "--dir", "new"}, nil, exitUsage, []string{"--tenants", "-3", "from 1 to"}},
		{"more tenants than fit", []string{"--tenants", "1000000", "--dir", "new"}, nil, exitUsage, []string{"--tenants", "1000000", "from 1 to"}},
		{"a server that is not there", []string{"--dir", "new"}, []string{nowhere}, exitUnreachable, []string{"127.0.0.1:1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			env, _ := demoEnv(t)
			here := t.TempDir()
			command := exec.CommandContext(t.Context(), "jetsheet", append([]string{"demo"}, test.args...)...)
			var stdout, stderr bytes.Buffer
			command.Dir = here
			command.Env, command.Stdout, command.Stderr = append(env, test.env...), &stdout, &stderr
			var exit *exec.ExitError
			if err := command.Run(); err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			missing := slices.ContainsFunc(test.want, func(part string) bool { return !strings.Contains(stderr.String(), part) })
			if code := command.ProcessState.ExitCode(); code != test.code || missing || stdout.Len() > 0 {
				t.Errorf("jetsheet demo %v: exit code %d, %q and %q; want %d, nothing and a message with %q",
					test.args, code, stdout.String(), stderr.String(), test.code, test.want)
			}
			if made, err := os.ReadDir(here); len(made) > 0 || err != nil {
				t.Errorf("made %v (%v), want nothing", made, err)
			}
		})
	}
	t.Cleanup(func() {
		if content, err := os.ReadFile(file); err != nil || string(content) != "mine" {
			t.Errorf("the file that was there is %q (%v), want it untouched", content, err)
		}
	})
}
