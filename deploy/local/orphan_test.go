package local_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet/deploy/local"
)

// child is a process that owns a server.
type child struct {
	cmd  *exec.Cmd
	pid  int // the server's
	home string
	in   io.Closer
}

func startChild(t *testing.T, mode string) child {
	t.Helper()
	c := child{cmd: exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")}
	c.cmd.Env = append(os.Environ(), childVariable+"="+mode)
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("child %s told nothing: %v", mode, err)
	}
	var log string
	if _, err := fmt.Sscan(line, &c.pid, &log); err != nil {
		t.Fatalf("child %s told %q: %v", mode, line, err)
	}
	c.home = filepath.Dir(log)
	return c
}

// kill ends the child as kill -9 does.
func (c child) kill(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Wait(); err == nil {
		t.Fatal("the killed child ended with status 0")
	}
}

// end lets the child close its server.
func (c child) end(t *testing.T) {
	t.Helper()
	if err := errors.Join(c.in.Close(), c.cmd.Wait()); err != nil {
		t.Errorf("the child that was to end: %v", err)
	}
	if alive(c.pid) || exists(c.home) {
		t.Errorf("after its owner's Close: server %d runs %t, %s exists %t, want neither", c.pid, alive(c.pid), c.home, exists(c.home))
	}
}

// eventually waits for a condition that nothing announces.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(30 * time.Second)
	for !holds() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func TestNextStartRemovesOrphans(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"tied", "surviving"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			c, living := startChild(t, mode), startChild(t, mode)
			if !alive(c.pid) || !exists(c.home) {
				t.Fatalf("before the kill: server %d runs %t, %s exists %t, want both", c.pid, alive(c.pid), c.home, exists(c.home))
			}
			c.kill(t)
			if mode == "surviving" && !alive(c.pid) {
				t.Fatal("the server did not survive its owner: there is nothing to reap")
			}
			server, err := local.StartPostgres(t.Context(), local.PostgresOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := server.Close(); err != nil {
					t.Error(err)
				}
			}()
			eventually(t, fmt.Sprintf("server %d is gone", c.pid), func() bool { return !alive(c.pid) })
			if exists(c.home) {
				t.Errorf("%s is still there", c.home)
			}
			if !alive(living.pid) || !exists(living.home) {
				t.Errorf("a living owner's server: runs %t, directory exists %t, want both", alive(living.pid), exists(living.home))
			}
			living.end(t)
		})
	}
}
