package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jetsheet/jetsheet"
)

const (
	// sampleEvery is how often the conservation law is looked at.
	sampleEvery = 50 * time.Millisecond
	// leastSamples is how often in a run: on its way, and when it has settled.
	leastSamples = 2
)

// sample looks at the conservation law until the returned function is called, which
// returns what it found against it, or that it has not looked.
func (w *faultWorld) sample(ctx context.Context, id jetsheet.RunID) func() error {
	sampled, cancel := context.WithCancel(ctx)
	var sampling sync.WaitGroup
	var violated error
	seen, samples := map[string]string{}, 0
	look := func(ctx context.Context) {
		var at map[string]string
		if at, violated = w.conserved(ctx, id, seen); at != nil {
			seen = at
			samples++
		}
	}
	sampling.Go(func() {
		tick := time.NewTicker(sampleEvery)
		defer tick.Stop()
		for violated == nil {
			select {
			case <-tick.C:
				look(sampled)
			case <-sampled.Done():
				return
			}
		}
	})
	return func() error {
		cancel()
		sampling.Wait()
		if violated == nil {
			look(ctx) // of what has settled
		}
		if violated == nil && samples < leastSamples {
			return fmt.Errorf("%d samples of the conservation law were taken, want at least %d", samples, leastSamples)
		}
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
func (w *faultWorld) verify(ctx context.Context, id jetsheet.RunID, s *faultScenario) error {
	code, output, err := w.command(ctx, "verify", id.String(), "--deep", "--json", "--log-level=error")
	if err != nil {
		return err
	}
	var found struct {
		ProblemCount                                   int
		Expected, Published, Skipped, Compared, Failed int64
		Comparisons                                    map[jetsheet.ComparisonResult]int64
		Open                                           bool
	}
	_, report, _ := strings.Cut(output, "\n{") // behind the progress
	if err := json.Unmarshal([]byte("{"+report), &found); err != nil || code != exitDone || found.ProblemCount != 0 || found.Open {
		return fmt.Errorf("verify --deep: exit code %d (%v)\n%s%s", code, err, output, w.logs()) //nolint:errorlint // err may be nil
	}
	if got := (jetsheet.Counts{Expected: int(found.Expected), Done: int(found.Published + found.Skipped + found.Compared), Failed: int(found.Failed)}); got != s.want {
		return fmt.Errorf("verify --deep: %+v, want %+v", got, s.want)
	}
	if equal := found.Comparisons[jetsheet.ResultEqual]; equal != s.equal || found.Compared != s.equal {
		return fmt.Errorf("verify --deep: comparisons %v, want %d equal and no other", found.Comparisons, s.equal)
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
