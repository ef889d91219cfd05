//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// settlePace is how often it is looked whether everything has settled.
const settlePace = 500 * time.Millisecond

// failed is a conversion that has failed and is not done.
type failed struct {
	at      jetsheet.Address
	failure jetsheet.Failure
}

// planned says whether a failure is one that the workload means to have.
func (f failed) planned() bool {
	return plannedFailure(f.at.Run.Report, f.at.Target, f.failure.Cause)
}

func (f failed) String() string {
	return fmt.Sprintf("conversion %s: %s in %s after %d attempts: %s", f.at.Key(), f.failure.Cause, f.failure.Stage, f.failure.Attempts, f.failure.Message)
}

// settled returns what still moves, "" when nothing does, and what has failed for good.
func settled(ctx context.Context, js jetstream.JetStream) (moving string, failures []failed, err error) {
	runs, err := readRuns(ctx, js)
	if err != nil {
		return "", nil, err
	}
	var open []string
	for _, run := range runs {
		if run.State != jetsheet.RunClosed {
			open = append(open, fmt.Sprintf("run %s is %s", run.ID(), run.State))
		}
	}
	for _, stream := range []string{jetsheet.StreamConversions, jetsheet.StreamRendered} {
		waiting, err := subjects(ctx, js, stream, ">")
		if err != nil {
			return "", nil, err
		}
		for subject := range waiting {
			open = append(open, subject+" waits")
		}
	}
	if failures, err = readFailures(ctx, js); err != nil {
		return "", nil, err
	}
	for _, f := range failures {
		if f.failure.Retrying() {
			open = append(open, f.String()+", to be tried again at "+f.failure.RetryAt.Format(time.TimeOnly))
		}
	}
	return strings.Join(open[:min(len(open), mostViolations)], "\n"), failures, nil
}

// readFailures reads the failures of what is not done.
func readFailures(ctx context.Context, js jetstream.JetStream) ([]failed, error) {
	stream, err := js.Stream(ctx, jetsheet.StreamFailed)
	if err != nil {
		return nil, fmt.Errorf("look at stream %s: %w", jetsheet.StreamFailed, err)
	}
	list, err := subjects(ctx, js, jetsheet.StreamFailed, ">")
	if err != nil {
		return nil, err
	}
	done, err := subjects(ctx, js, jetsheet.StreamDone, ">")
	if err != nil {
		return nil, err
	}
	var failures []failed
	for subject := range list {
		at, err := jetsheet.ParseSubject(subject)
		if err != nil {
			return nil, fmt.Errorf("failure %s: %w", subject, err)
		}
		if _, ok := done[at.DoneSubject()]; ok {
			continue
		}
		message, err := stream.GetLastMsgForSubject(ctx, subject)
		if err != nil {
			return nil, fmt.Errorf("read failure %s: %w", subject, err)
		}
		failure, err := jetsheet.ParseFailure(message.Header, message.Data)
		if err != nil {
			return nil, fmt.Errorf("failure %s: %w", subject, err)
		}
		failures = append(failures, failed{at, failure})
	}
	return failures, nil
}

// errOver is the cause of a context that ended by its limit.
var errOver = errors.New("the limit is over")

// notSettledError says what still moved at the limit.
type notSettledError struct{ moving string }

func (e *notSettledError) Error() string { return "not everything has settled:\n" + e.moving }

// settle waits until nothing moves and returns what has failed.
func settle(ctx context.Context, js jetstream.JetStream, limit time.Duration) ([]failed, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errOver)
	defer cancel()
	pace := time.NewTicker(settlePace)
	defer pace.Stop()
	last := "nothing could be read"
	for {
		moving, failures, err := settled(ctx, js)
		switch {
		case err == nil && moving == "":
			return failures, nil
		case err == nil:
			last = moving
		case ctx.Err() == nil:
			last = err.Error()
		}
		select {
		case <-pace.C:
		case <-ctx.Done():
			return nil, &notSettledError{last}
		}
	}
}
