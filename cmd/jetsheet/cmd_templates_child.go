package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet/renderer/xlsx/intake"
)

// What looking at a file may cost. The process that does it ends when it takes more.
const (
	// maxTemplateBytes is the most bytes of a file: far more than a form with photos.
	maxTemplateBytes = 16 << 20
	// inspectionMemory is the most memory beyond what the process begins with, and
	// inspectionHeap what the Go runtime tries to stay within by itself.
	inspectionMemory = 256 << 20
	inspectionHeap   = 160 << 20
	// inspectionTime is the most processor time, which a busy machine does not shorten;
	// inspectionPatience is the most time by the clock.
	inspectionTime     = 5 * time.Second
	inspectionPatience = 60 * time.Second
	// inspectionDrain is the most time from the end of the process to that of its answer, which
	// this program has to read: a busy machine, or one that slept, may not let it for seconds.
	inspectionDrain = 30 * time.Second
	// maxInspection bounds the answer.
	maxInspection = 64 << 20
)

// inspectTemplate looks at an untrusted file in a process of its own: this program again,
// with nothing of the environment, no open file but its three streams, and limits of
// memory and time. A process that does not end by itself is a refusal of the file.
func inspectTemplate(ctx context.Context, file []byte) (*inspection, error) {
	answer, _, err := runConfined(ctx, []string{"jetsheet", "templates", "inspect"}, file)
	if err != nil {
		return nil, err
	}
	var found inspection
	if err := json.Unmarshal(answer, &found); err != nil {
		return nil, fmt.Errorf("read the result of the file's check: %w", err)
	}
	if len(found.Refusals) > 0 {
		return nil, &intake.RefusedError{Refusals: found.Refusals}
	}
	return &found, nil
}

// runConfined runs this program with these arguments, its own name first, and returns what
// it writes. The program calls confine.
func runConfined(ctx context.Context, args []string, input []byte) ([]byte, *os.ProcessState, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, fmt.Errorf("start the check of the file: %w", err)
	}
	limited, cancel := context.WithTimeout(ctx, inspectionPatience)
	defer cancel()
	answer, complaint := &bounded{most: maxInspection}, &bounded{most: 64 << 10}
	child := exec.CommandContext(limited, self) //nolint:gosec // ourselves
	child.Args = args
	child.Env = []string{"GOMEMLIMIT=" + strconv.Itoa(inspectionHeap), "GOTRACEBACK=none", "GOMAXPROCS=2"}
	child.Stdin, child.Stdout, child.Stderr = bytes.NewReader(input), answer, complaint
	child.WaitDelay = inspectionDrain
	err = child.Run()
	switch {
	case ctx.Err() != nil:
		return nil, child.ProcessState, context.Cause(ctx)
	case err == nil:
		return answer.Bytes(), child.ProcessState, nil
	case child.ProcessState == nil: // it was not started
		return nil, nil, fmt.Errorf("start the check of the file: %w", err)
	}
	return nil, child.ProcessState, inspectionError(err, child.ProcessState, limited.Err() != nil, complaint.String())
}

// inspectionError says why the process ended without an answer. Where the kernel killed it,
// its time was over, or else the machine had no memory left: the two count processor time
// in different ways, so the times are not the same to the second.
func inspectionError(err error, state *os.ProcessState, late bool, complaint string) error {
	killed := state.ExitCode() == -1
	switch {
	case late:
		return tooSlow(inspectionPatience)
	case killed && state.UserTime()+state.SystemTime() > inspectionTime/2:
		return tooSlow(inspectionTime)
	case killed, outOfMemory(complaint):
		return intake.TooCostly(fmt.Sprintf("its check was ended because it needs more than %s of memory", humanSize(inspectionMemory)))
	}
	first, _, _ := strings.Cut(strings.TrimSpace(complaint), "\n")
	return fmt.Errorf("the check of the file broke off (%w): %s", err, printable(first))
}

func tooSlow(after time.Duration) error {
	return intake.TooCostly(fmt.Sprintf("its check was ended after %s: it takes longer than a template may", after))
}

// outOfMemory tells how the Go runtime complains when the kernel gives it nothing more.
func outOfMemory(complaint string) bool {
	for _, words := range []string{"out of memory", "cannot allocate memory", "failed to reserve", "failed to create new OS thread"} {
		if strings.Contains(complaint, words) {
			return true
		}
	}
	return false
}

// bounded keeps what a process writes, up to a limit.
type bounded struct {
	bytes.Buffer
	most int
}

var errTooMuch = errors.New("the process writes too much")

// Write implements [io.Writer].
func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.most {
		return 0, errTooMuch
	}
	return b.Buffer.Write(p)
}
