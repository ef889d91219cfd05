package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// child is the second process, seen from the first.
type child struct {
	served
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// childVariable makes a test binary the second process.
const childVariable = "JETSHEET_BENCH_SERVE"

// startChild starts this program again. The caller closes it.
func startChild(ctx context.Context, syncAlways bool) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start the servers: %w", err)
	}
	args := []string{serveCommand}
	if syncAlways {
		args = append(args, "-sync-always")
	}
	// It ends when its input does: an interrupt must not end it before the roles.
	c := &child{cmd: exec.CommandContext(context.WithoutCancel(ctx), self, args...)} //nolint:gosec // ourselves
	c.cmd.Env = append(os.Environ(), childVariable+"=1")
	c.cmd.Stderr = os.Stderr
	separate(c.cmd)
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start the servers: %w", err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the servers: %w", err)
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the servers: %w", err)
	}
	c.out = bufio.NewReader(out)
	if err := c.read(&c.served); err != nil {
		return nil, errors.Join(fmt.Errorf("start the servers: %w", err), c.close())
	}
	return c, nil
}

func (c *child) read(v any) error {
	line, err := c.out.ReadBytes('\n')
	if err != nil {
		return err
	}
	return json.Unmarshal(line, v)
}

// ask sends a question and waits for its answer.
func (c *child) ask(q question) (answer, error) {
	var a answer
	err := json.NewEncoder(c.in).Encode(q)
	if err == nil {
		err = c.read(&a)
	}
	if err == nil && a.Error != "" {
		err = errors.New(a.Error)
	}
	if err != nil {
		return a, fmt.Errorf("ask the servers' process: %w", err)
	}
	return a, nil
}

// close ends the process and waits until it has removed its data.
func (c *child) close() error {
	_ = c.in.Close() // it may be gone already; Wait says so
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("end the servers: %w", err)
	}
	return nil
}
