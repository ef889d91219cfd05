package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// What the program's exit code says to the one who started it.
const (
	exitDone        = 0   // done
	exitFailure     = 1   // an error
	exitUsage       = 2   // the command line or a setting cannot be used
	exitDifferences = 3   // finished, with failures or differences
	exitNothing     = 4   // there was nothing to do
	exitUnreachable = 5   // something is not reachable or not set up
	exitInterrupted = 130 // ended by a signal
)

// exitError is an error that decides the exit code. Without Err nothing is
// printed: the command has said everything.
type exitError struct {
	Code int
	Err  error
}

func (e *exitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit code %d", e.Code)
	}
	return e.Err.Error()
}

func (e *exitError) Unwrap() error { return e.Err }

// exitWith ends the command with a code and prints nothing more.
func exitWith(code int) error { return &exitError{Code: code} }

// usageError says that the command line or a setting cannot be used.
func usageError(format string, args ...any) error {
	return &exitError{Code: exitUsage, Err: fmt.Errorf(format, args...)}
}

// unreachableError says that something outside is not reachable or not set up.
// Its text names the setting to correct or the command to run.
func unreachableError(format string, args ...any) error {
	return &exitError{Code: exitUnreachable, Err: fmt.Errorf(format, args...)}
}

// interruptError is the cause of a context that a signal cancelled.
type interruptError struct{ Signal os.Signal }

func (e *interruptError) Error() string { return fmt.Sprintf("interrupted (%s)", e.Signal) }

// wasInterrupted tells whether a signal cancelled the context.
func wasInterrupted(ctx context.Context) bool {
	var interrupt *interruptError
	return errors.As(context.Cause(ctx), &interrupt)
}

// stopped turns the end of a role into its result. A role that a signal stopped and
// that let its work finish has done what it was asked; one whose context ended for
// another cause, such as a connection that is gone for good, ends with that.
func stopped(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if cause == nil || (err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, cause)) {
		return err
	}
	if wasInterrupted(ctx) {
		return nil
	}
	return cause
}

// exitCode prints what there is to say about the command's end and returns its
// code.
func (a *app) exitCode(ctx context.Context, err error) int {
	if err == nil {
		return exitDone
	}
	err = explain(err)
	if cause := context.Cause(ctx); wasInterrupted(ctx) && (errors.Is(err, context.Canceled) || errors.Is(err, cause)) {
		a.complain(cause)
		return exitInterrupted
	}
	var exit *exitError
	if !errors.As(err, &exit) {
		a.complain(err)
		return exitFailure
	}
	if exit.Err != nil {
		a.complain(err)
	}
	return exit.Code
}

// complain prints an error the way all errors are printed.
func (a *app) complain(err error) {
	// Nowhere is left to report that standard error cannot be written.
	_, _ = fmt.Fprintln(a.stderr, "jetsheet: "+err.Error())
}

// interruptible returns a context that the first SIGINT or SIGTERM cancels with an
// *interruptError as its cause. The second one calls exit at once, for work that
// does not stop. The returned function ends the watch; it must be called.
func interruptible(parent context.Context, exit func(code int)) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case received := <-signals:
			cancel(&interruptError{Signal: received})
		case <-done:
			return
		}
		select {
		case <-signals:
			exit(exitInterrupted)
		case <-done:
		}
	})
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		watch.Wait()
		cancel(nil)
	}
}
