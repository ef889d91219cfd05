package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/faults"
	"github.com/jetsheet/jetsheet/ops/notify"
)

const (
	// settleLimit is how long a run may take to settle after a fault: leases of 2 s, tries
	// again after 10 s, and two busy processors.
	settleLimit = 90 * time.Second
	// idleLimit is how long after the run's end a fault may wait for effects that come by
	// the clock: ops looks by itself every 30 s, and asks the workers then.
	idleLimit = notify.DefaultInterval + 5*time.Second
	// faultLate is longer than the lease of 2 s, and shorter than the limits of calls.
	faultLate = 3 * time.Second
)

// faultPlay is one fault in one scenario.
type faultPlay struct {
	scenario *faultScenario
	fault    faults.Fault
	// restart: the point is met when the role starts.
	restart bool
}

func (p *faultPlay) String() string {
	text := fmt.Sprintf("%s: %s: %s", p.scenario.name, p.fault.Point, p.fault.Action)
	if p.fault.Nth > 1 {
		text += fmt.Sprintf(" at occurrence %d", p.fault.Nth)
	}
	return text
}

var errNotFired = errors.New("the point was not met")

// play plays a fault to settlement.
func (w *faultWorld) play(ctx context.Context, p *faultPlay) error {
	ctx, cancel := context.WithTimeout(ctx, 3*settleLimit)
	defer cancel()
	defer w.director.Disarm()
	for _, f := range p.scenario.base {
		w.director.Arm(f)
	}
	armed := w.director.Arm(p.fault)
	w.fault = p.fault
	if p.restart {
		w.roles[p.fault.Point.Role].crash()
	}
	if err := w.makeRun(ctx, p.scenario, armed.Fired()); err != nil {
		return err
	}
	if err := w.alive(); err != nil {
		return err
	}
	select {
	case <-armed.Fired():
		return nil
	default:
		return errNotFired
	}
}

// makeRun has a run made and checks all there is of it when it has settled.
func (w *faultWorld) makeRun(ctx context.Context, s *faultScenario, fired <-chan struct{}) error {
	id, err := s.begin(ctx, w)
	if err != nil {
		return err
	}
	keys := make([]string, len(s.keys))
	before := map[string]int{}
	for i, key := range s.keys {
		keys[i] = strings.ReplaceAll(key, "{report}", id.Report)
		before[keys[i]] = w.acceptedBefore[keys[i]]
	}
	sampled := w.sample(ctx, id)
	err = w.settle(ctx, s, id, fired)
	err = errors.Join(err, sampled())
	if err != nil {
		return fmt.Errorf("run %s: %w%s", id, err, w.state(ctx, id))
	}
	for _, key := range keys {
		after := w.accepted(key)
		w.acceptedBefore[key] = after
		if n := after - before[key]; n != 1 {
			err = errors.Join(err, fmt.Errorf("run %s: S3 accepted %d writes of %s, want 1", id, n, key))
		}
	}
	if leavesParts(w.fault) {
		err = errors.Join(err, w.endUploads(ctx, id))
	}
	return errors.Join(err, w.verify(ctx, id, s))
}

// leavesParts says whether a fault leaves an upload that nobody can know of: the beginning
// of one that S3 was asked for twice, where one answer was heard. The bucket's life-cycle
// rule ends it; all others the uploader has to end itself.
func leavesParts(fault faults.Fault) bool {
	return fault.Point.Role == "uploader" && fault.Point.Effect == "create multipart" && fault.Action == faults.Duplicate
}

// endUploads does what the bucket's life-cycle rule does a day later.
func (w *faultWorld) endUploads(ctx context.Context, id jetsheet.RunID) error {
	client := w.installation.s3.Client()
	listed, err := client.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: &w.bucket})
	if err != nil {
		return fmt.Errorf("list uploads: %w", err)
	}
	for _, upload := range listed.Uploads {
		if !strings.Contains(*upload.Key, "/"+id.Report+"/") {
			continue
		}
		if _, err := client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &w.bucket, Key: upload.Key, UploadId: upload.UploadId}); err != nil {
			return fmt.Errorf("abort upload of %s: %w", *upload.Key, err)
		}
	}
	return nil
}

// settle waits until nothing moves any more.
func (w *faultWorld) settle(ctx context.Context, s *faultScenario, id jetsheet.RunID, fired <-chan struct{}) error {
	if s.midway != nil {
		if err := s.midway(ctx, w, id); err != nil {
			return err
		}
	}
	if err := w.until(ctx, "run closed", func() (bool, error) {
		run, err := w.stored(ctx, id)
		return run != nil && run.State == jetsheet.RunClosed, err
	}); err != nil {
		return err
	}
	if s.follow != nil {
		if err := s.follow(ctx, w, id); err != nil {
			return err
		}
	}
	if err := w.drained(ctx, id); err != nil || fired == nil {
		return err
	}
	// What comes by the clock may still be met.
	idle := time.NewTimer(idleLimit)
	defer idle.Stop()
	select {
	case <-fired:
	case <-idle.C:
	case <-ctx.Done():
	}
	return w.drained(ctx, id)
}

// drained waits until no message of a run is in a work queue.
func (w *faultWorld) drained(ctx context.Context, id jetsheet.RunID) error {
	return w.until(ctx, "queues empty", func() (bool, error) {
		for stream, subjects := range map[string][]string{
			jetsheet.StreamConversions: {jetsheet.RunQueueSubjects(id)}, jetsheet.StreamRendered: jetsheet.RunRenderedSubjects(id),
		} {
			for _, subject := range subjects {
				handle, err := w.js.Stream(ctx, stream)
				if err != nil {
					return false, err
				}
				info, err := handle.Info(ctx, jetstream.WithSubjectFilter(subject))
				if err != nil {
					return false, err
				}
				if len(info.State.Subjects) > 0 {
					return false, nil
				}
			}
		}
		return true, nil
	})
}

// until waits for a condition; its errors are tried again.
func (w *faultWorld) until(ctx context.Context, what string, condition func() (bool, error)) error {
	return w.within(ctx, settleLimit, what, condition)
}

// within waits for a condition for as long as is allowed.
func (w *faultWorld) within(ctx context.Context, limit time.Duration, what string, condition func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := condition()
		if ok {
			return nil
		}
		if err := w.alive(); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s: not within %s (%v)%s", what, limit, err, w.logs()) //nolint:errorlint // err may be nil
		}
	}
}

// stored reads a run's record; nil when there is none.
func (w *faultWorld) stored(ctx context.Context, id jetsheet.RunID) (*jetsheet.Run, error) {
	kv, err := w.js.KeyValue(ctx, jetsheet.BucketRuns)
	if err != nil {
		return nil, err
	}
	return readRun(ctx, kv, id)
}

// command runs a person's command to its end.
func (w *faultWorld) command(ctx context.Context, args ...string) (code int, output string, err error) {
	command := exec.CommandContext(ctx, "jetsheet", args...)
	command.Env = w.env
	text, err := command.CombinedOutput()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		return 0, "", fmt.Errorf("jetsheet %s: %w", strings.Join(args, " "), err)
	}
	return command.ProcessState.ExitCode(), string(text), nil
}

// logs are the ends of the roles' logs.
func (w *faultWorld) logs() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(w.roles)) {
		fmt.Fprintf(&b, "\n--- %s\n%s", name, tail(w.roles[name].log.String()))
	}
	return b.String()
}

// tail is the end of a text.
func tail(text string) string {
	const most = 4000
	if len(text) > most {
		text = text[len(text)-most:]
	}
	return text
}
