package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/faults"
)

const (
	// settleLimit is how long a run may take to settle after a fault: leases of 2 s, tries
	// again after 10 s, and two busy processors.
	settleLimit = 90 * time.Second
	// idleLimit is how long after the run's end a fault may wait for effects that come by
	// the clock.
	idleLimit = 8 * time.Second
	// sampleEvery is how often the conservation law is looked at.
	sampleEvery = 50 * time.Millisecond
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
	ctx, cancel := context.WithTimeout(ctx, 2*settleLimit)
	defer cancel()
	defer w.director.Disarm()
	for _, f := range p.scenario.base {
		w.director.Arm(f)
	}
	armed := w.director.Arm(p.fault)
	w.leavesParts = p.leavesParts()
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
	if w.leavesParts {
		err = errors.Join(err, w.endUploads(ctx, id))
	}
	return errors.Join(err, w.verify(ctx, id, s.want))
}

// leavesParts says whether a fault leaves an upload that nobody can know of: the beginning
// of one that S3 was asked for twice, where one answer was heard. The bucket's life-cycle
// rule ends it; all others the uploader has to end itself.
func (p *faultPlay) leavesParts() bool {
	return p.fault.Point.Role == "uploader" && p.fault.Point.Effect == "create multipart" && p.fault.Action == faults.Duplicate
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
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
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
			return fmt.Errorf("%s: not within %s (%v)%s", what, settleLimit, err, w.logs()) //nolint:errorlint // err may be nil
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

// sample looks at the conservation law until the returned function is called, which
// returns what it found against it.
func (w *faultWorld) sample(ctx context.Context, id jetsheet.RunID) func() error {
	ctx, cancel := context.WithCancel(ctx)
	var sampling sync.WaitGroup
	var violated error
	sampling.Go(func() {
		tick := time.NewTicker(sampleEvery)
		defer tick.Stop()
		seen := map[string]string{}
		for violated == nil {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			var at map[string]string
			at, violated = w.conserved(ctx, id, seen)
			if at != nil {
				seen = at
				w.samples++
			}
		}
	})
	return func() error {
		cancel()
		sampling.Wait()
		return violated
	}
}

// conserved takes one sample; nil where none could be taken.
func (w *faultWorld) conserved(ctx context.Context, id jetsheet.RunID, seen map[string]string) (map[string]string, error) {
	run, err := w.stored(ctx, id)
	if err != nil || run == nil || run.Plan == nil {
		return nil, nil //nolint:nilerr // nothing is to be seen yet, or the sampling ends
	}
	at, err := standings(ctx, w.js, id)
	if err != nil {
		return nil, nil //nolint:nilerr // the sampling ends
	}
	if !run.State.Before(jetsheet.RunOpen) && len(at) != run.Plan.Expected {
		return at, fmt.Errorf("%d conversions are done, failed or pending, want %d: %v", len(at), run.Plan.Expected, at)
	}
	for key, was := range seen {
		if is, ok := at[key]; !ok || was == "done" && is != "done" {
			return at, fmt.Errorf("conversion %s was %s and is %q", key, was, is)
		}
	}
	return at, nil
}

// verify has the command check a run cell by cell.
func (w *faultWorld) verify(ctx context.Context, id jetsheet.RunID, want jetsheet.Counts) error {
	code, output, err := w.command(ctx, "verify", id.String(), "--deep", "--json", "--log-level=error")
	if err != nil {
		return err
	}
	var found struct {
		ProblemCount                                 int
		Expected, Published, Skipped, Failed, Missed int64
		Open                                         bool
	}
	_, report, _ := strings.Cut(output, "\n{") // behind the progress
	if err := json.Unmarshal([]byte("{"+report), &found); err != nil || code != exitDone || found.ProblemCount != 0 || found.Open {
		return fmt.Errorf("verify --deep: exit code %d (%v)\n%s%s", code, err, output, w.logs()) //nolint:errorlint // err may be nil
	}
	if got := (jetsheet.Counts{Expected: int(found.Expected), Done: int(found.Published + found.Skipped), Failed: int(found.Failed)}); got != want {
		return fmt.Errorf("verify --deep: %+v, want %+v", got, want)
	}
	return nil
}

// state is where each conversion of a run is, and what the work queues' consumers say.
func (w *faultWorld) state(ctx context.Context, id jetsheet.RunID) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	at, err := standings(ctx, w.js, id)
	var text strings.Builder
	fmt.Fprintf(&text, "\nconversions (%v): %v", err, at)
	for _, stream := range []string{jetsheet.StreamConversions, jetsheet.StreamRendered} {
		handle, err := w.js.Stream(ctx, stream)
		if err != nil {
			return text.String() + "\n" + err.Error()
		}
		for info := range handle.ListConsumers(ctx).Info() {
			fmt.Fprintf(&text, "\nconsumer %s/%s: pending %d, unacknowledged %d, redelivered %d, waiting pulls %d, delivered %+v, floor %+v",
				stream, info.Name, info.NumPending, info.NumAckPending, info.NumRedelivered, info.NumWaiting, info.Delivered, info.AckFloor)
		}
	}
	return text.String()
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
