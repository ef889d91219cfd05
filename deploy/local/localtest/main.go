package localtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/jetsheet/jetsheet/deploy/local"
)

// tests is what the tests of one binary share. There is one, because TestMain and a test can hand each other nothing;
// only Run and Database touch it.
var tests suite

type suite struct {
	mu       sync.Mutex
	running  bool
	start    sync.Once
	postgres *local.Postgres
	failed   error
	scratch  string // for what tests keep in files
}

// Runner is what runs tests: a *testing.M, or what testscript.Main takes.
type Runner interface{ Run() int }

// Main sets the traps, runs the tests, stops what they shared and exits.
func Main(m Runner) { os.Exit(Run(m)) }

// Run is Main without the exit, for a TestMain with something of its own to end. It returns the exit code, which is 1
// if what the tests shared did not stop.
func Run(m Runner) int {
	if err := setTraps(); err != nil {
		return complain(err, 1)
	}
	scratch, remove, err := local.TempDir(context.Background())
	if err != nil {
		return complain(err, 1)
	}
	tests.mu.Lock()
	tests.running, tests.scratch = true, scratch
	tests.mu.Unlock()
	code := m.Run()
	tests.mu.Lock()
	defer tests.mu.Unlock()
	tests.running = false
	if tests.postgres != nil {
		err = tests.postgres.Close()
	}
	return complain(errors.Join(err, remove()), code)
}

// complain tells an error, if there is one, and returns the exit code.
func complain(err error, code int) int {
	if err == nil {
		return code
	}
	_, _ = fmt.Fprintln(os.Stderr, "localtest:", err) // there is nowhere else to tell it
	return max(code, 1)
}

// Wrapped runs m as Run does, for helpers that take a Runner themselves:
//
//	testscript.Main(localtest.Wrapped{M: m}, commands)
type Wrapped struct {
	// M is the test binary's *testing.M.
	M Runner
}

// Run implements Runner.
func (w Wrapped) Run() int { return Run(w.M) }

// setTraps gives the variables that name real systems values that fail loudly at once, so that no test, and no process
// it starts, can reach one.
func setTraps() error {
	for name, value := range Traps() {
		if err := os.Setenv(name, value); err != nil {
			return fmt.Errorf("set the trap %s: %w", name, err)
		}
	}
	return nil
}

// Traps returns the variables that Main sets, with their values, for the environment of a child process that does not
// inherit ours. The hosts do not exist, the files neither, and no service is asked for credentials.
func Traps() map[string]string {
	const host = "read-by-mistake.invalid"
	return map[string]string{
		"DATABASE_URL":                "postgres://" + host + ":1/trap?connect_timeout=1",
		"PGHOST":                      host,
		"NATS_URL":                    "nats://" + host + ":1",
		"NATS_CONTEXT":                "read-by-mistake",
		"NATS_CREDS":                  "/" + host + "/nats.creds",
		"AWS_PROFILE":                 "read-by-mistake",
		"AWS_ACCESS_KEY_ID":           "read-by-mistake",
		"AWS_SECRET_ACCESS_KEY":       "read-by-mistake",
		"AWS_ENDPOINT_URL":            "http://" + host + ":1",
		"AWS_ENDPOINT_URL_S3":         "http://" + host + ":1",
		"AWS_REGION":                  "read-by-mistake",
		"AWS_CONFIG_FILE":             "/" + host + "/config",
		"AWS_SHARED_CREDENTIALS_FILE": "/" + host + "/credentials",
		"AWS_EC2_METADATA_DISABLED":   "true",
	}
}

// tempDir is tb.TempDir in memory, where there is room (see local.TempDir).
func tempDir(tb testing.TB) string {
	tb.Helper()
	tests.mu.Lock()
	base := tests.scratch
	running := tests.running
	tests.mu.Unlock()
	if !running {
		return tb.TempDir()
	}
	dir, err := os.MkdirTemp(base, "") //nolint:usetesting // it does as well, on the disk
	if err != nil {
		tb.Fatalf("localtest: %v", err)
	}
	tb.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			tb.Errorf("localtest: %v", err)
		}
	})
	return dir
}
