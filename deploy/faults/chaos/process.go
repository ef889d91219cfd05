//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/jetsheet/jetsheet/deploy/local/peak"
)

const (
	// restartPause is how long a supervisor waits before it starts what has ended.
	restartPause = 500 * time.Millisecond
	// stopPatience is how long a process may take to end on a signal.
	stopPatience = 30 * time.Second
)

// process is a program under a supervisor, which starts it again whenever it ends.
type process struct {
	name    string
	command func() *exec.Cmd
	logFile string

	// busy is held by the fault that the process is under: two at once would undo each
	// other.
	busy sync.Mutex

	mu      sync.Mutex
	current *exec.Cmd
	down    chan struct{} // closed when the present process has ended
	over    bool          // nothing is started any more
	expects bool          // the present process ends because of us
	ends    []string      // how processes ended by themselves
	peak    int64         // most memory of any, in bytes
	pids    []int         // of all that were started
	group   sync.WaitGroup
}

// start starts the first process.
func (p *process) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.startLocked()
}

func (p *process) startLocked() error {
	if p.over || p.aliveLocked() {
		return nil
	}
	log, err := os.OpenFile(p.logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	command := p.command()
	command.Stderr = log
	if command.Stdout == nil {
		command.Stdout = log
	}
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	tieToParent(command.SysProcAttr)
	started := make(chan error)
	down := make(chan struct{})
	p.group.Go(func() {
		// A death signal follows the thread that started the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := command.Start()
		_ = log.Close() // the child has its own
		started <- err
		if err == nil {
			p.wait(command, down)
		}
	})
	if err := <-started; err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	p.current, p.down, p.expects = command, down, false
	p.pids = append(p.pids, command.Process.Pid)
	return nil
}

func (p *process) aliveLocked() bool {
	if p.down == nil {
		return false
	}
	select {
	case <-p.down:
		return false
	default:
		return true
	}
}

// wait waits for a process's end and has another one started where nobody asked for the
// end.
func (p *process) wait(command *exec.Cmd, down chan struct{}) {
	_ = command.Wait() // the state says how it ended
	p.mu.Lock()
	p.peak = max(p.peak, peak.OfProcess(command.ProcessState))
	asked := p.expects || p.over
	if !asked {
		p.ends = append(p.ends, command.ProcessState.String())
	}
	p.mu.Unlock()
	close(down)
	if asked {
		return
	}
	timer := time.NewTimer(restartPause)
	defer timer.Stop()
	<-timer.C
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == command {
		_ = p.startLocked() // it started before
	}
}

// signal sends a signal to the present process; one that has ended is left alone.
func (p *process) signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != nil {
		_ = p.current.Process.Signal(s) // it may have ended
	}
}

// end ends the present process by a signal and waits until it is gone. One that does not
// go is killed, and that is an error.
func (p *process) end(ctx context.Context, s syscall.Signal) error {
	p.mu.Lock()
	current, down := p.current, p.down
	p.expects = true
	p.mu.Unlock()
	if current == nil {
		return nil
	}
	_ = current.Process.Signal(s) // it may have ended
	timer := time.NewTimer(stopPatience)
	defer timer.Stop()
	select {
	case <-down:
		return nil
	case <-timer.C:
	case <-ctx.Done():
	}
	_ = current.Process.Kill()
	<-down
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("%s did not end within %s of %s", p.name, stopPatience, s)
}

// close ends the process for good and returns its exit code. It may be called twice, and
// on a process that was never started.
func (p *process) close(ctx context.Context, s syscall.Signal) (int, error) {
	p.mu.Lock()
	p.over = true
	p.mu.Unlock()
	p.signal(syscall.SIGCONT)
	err := p.end(ctx, s)
	p.group.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == nil {
		return 0, err
	}
	return p.current.ProcessState.ExitCode(), err
}

// left returns the process groups of which something is still alive.
func (p *process) left() []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	var left []int
	for _, pid := range p.pids {
		if err := syscall.Kill(-pid, 0); !errors.Is(err, syscall.ESRCH) {
			left = append(left, pid)
		}
	}
	return left
}

// endedBySelf returns how processes ended that nobody had asked to.
func (p *process) endedBySelf() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.ends...)
}
