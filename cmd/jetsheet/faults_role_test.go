package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// faultRole is a role as a process that is killed and started again.
type faultRole struct {
	name string
	args []string
	env  []string
	log  *lockedBuffer

	mu      sync.Mutex
	command *exec.Cmd
	exited  chan struct{} // closed when the present process has ended
	ended   bool
}

func (r *faultRole) start() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.startLocked()
}

func (r *faultRole) startLocked() error {
	if r.ended {
		return nil
	}
	r.command = exec.Command("jetsheet", r.args...)
	r.command.Env, r.command.Stdout, r.command.Stderr = r.env, r.log, r.log
	if err := r.command.Start(); err != nil {
		return fmt.Errorf("start %s: %w", r.name, err)
	}
	exited := make(chan struct{})
	r.exited = exited
	command := r.command
	go func() {
		defer close(exited)
		_ = command.Wait() // a killed process has no result
	}()
	return nil
}

// crash kills the process without a word and starts another.
func (r *faultRole) crash() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kill()
	if err := r.startLocked(); err != nil {
		_, _ = fmt.Fprintln(r.log, err) // the role is then found to have ended
	}
}

func (r *faultRole) kill() {
	if r.command == nil {
		return
	}
	_ = r.command.Process.Kill() // it may have ended by itself
	<-r.exited
}

// replace asks the process to end, and starts another when it has.
func (r *faultRole) replace() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.command.Process.Signal(os.Interrupt) // it may have been killed
	timer := time.NewTimer(settleLimit)
	defer timer.Stop()
	select {
	case <-r.exited:
	case <-timer.C:
		return fmt.Errorf("%s does not end on a signal", r.name)
	}
	return r.startLocked()
}

// end kills the process for good.
func (r *faultRole) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	r.kill()
}

// alive says whether the process has not ended by itself.
func (r *faultRole) alive() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.exited:
		return false
	default:
		return true
	}
}

// started says how often a role has said that it works.
func (r *faultRole) started() int { return strings.Count(r.log.String(), `msg="role started"`) }
