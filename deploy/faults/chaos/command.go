//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"
)

const (
	// commandLimit bounds one try of a command.
	commandLimit = 45 * time.Second
	// commandPause is between two tries.
	commandPause = 500 * time.Millisecond
)

// Exit codes of jetsheet, and ours.
const (
	exitDone        = 0
	exitUsage       = 2
	exitDifferences = 3
	exitNothing     = 4
	exitUnreachable = 5
	exitInterrupted = 130
)

// answer is what a command said.
type answer struct {
	code           int
	stdout, stderr string
}

// commandLine runs jetsheet's commands, in an environment that leads past the proxies.
type commandLine struct {
	binary string
	env    []string
}

// run runs a command once.
func (c *commandLine) run(ctx context.Context, args ...string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	command := exec.CommandContext(ctx, c.binary, args...) //nolint:gosec // the binary that we built
	var out, complaints bytes.Buffer
	command.Env, command.Stdout, command.Stderr = c.env, &out, &complaints
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return answer{}, fmt.Errorf("jetsheet %s: %w", strings.Join(args, " "), err)
	}
	return answer{command.ProcessState.ExitCode(), out.String(), complaints.String()}, nil
}

// insist runs a command until it ends with one of the codes, as a person would who was
// told of an error.
func (c *commandLine) insist(ctx context.Context, codes []int, args ...string) (answer, error) {
	for {
		a, err := c.run(ctx, args...)
		if err == nil && slices.Contains(codes, a.code) {
			return a, nil
		}
		timer := time.NewTimer(commandPause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return a, fmt.Errorf("jetsheet %s: exit code %d, want one of %v: %w\n%s%s", strings.Join(args, " "), a.code, codes, context.Cause(ctx), a.stdout, a.stderr)
		}
	}
}
