//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

const (
	// samplePace is how often the conservation law is looked at.
	samplePace = 200 * time.Millisecond
	// sampleLimit bounds a look: nats-server may be away.
	sampleLimit = 2 * time.Second
	// sampleTries is how often a look that seems to find a violation is taken again: what
	// moves back while we read, from the uploader to the renderer, is seen nowhere once.
	sampleTries = 4
	// mostViolations are kept; the first ones matter.
	mostViolations = 20
)

// standing is where a conversion was seen.
type standing string

// The standings, in the order in which they are read: a conversion that moves on while we
// read is seen twice rather than not at all.
const (
	standingPending standing = "pending"
	standingFailed  standing = "failed"
	standingDone    standing = "done"
)

// sampler looks at every run again and again, past the proxies, and holds it to the law:
// expected = done + failed + pending, and what is done stays done.
type sampler struct {
	js   jetstream.JetStream
	runs jetstream.KeyValue

	mu         sync.Mutex
	samples    int // that were whole
	gaps       int // while nats-server was away
	expected   map[jetsheet.RunID]int
	seen       map[string]standing // by run, tenant and target
	violations []string
}

func newSampler(ctx context.Context, js jetstream.JetStream) (*sampler, error) {
	runs, err := js.KeyValue(ctx, jetsheet.BucketRuns)
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", jetsheet.BucketRuns, err)
	}
	return &sampler{js: js, runs: runs, expected: map[jetsheet.RunID]int{}, seen: map[string]standing{}}, nil
}

// watch samples until ctx ends.
func (s *sampler) watch(ctx context.Context) {
	pace := time.NewTicker(samplePace)
	defer pace.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pace.C:
			s.sample(ctx)
		}
	}
}

// sample takes one look, again where something seems to be missing.
func (s *sampler) sample(ctx context.Context) {
	var missing []string
	for range sampleTries {
		var err error
		if missing, err = s.look(ctx); err != nil {
			s.mu.Lock()
			s.gaps++
			s.mu.Unlock()
			return
		}
		if len(missing) == 0 {
			break
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.samples++
	for _, violation := range missing {
		if len(s.violations) < mostViolations && !slices.Contains(s.violations, violation) {
			s.violations = append(s.violations, violation)
		}
	}
}

// look reads everything once and returns what breaks the law.
func (s *sampler) look(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, sampleLimit)
	defer cancel()
	if err := s.readRuns(ctx); err != nil {
		return nil, err
	}
	at, err := standings(ctx, s.js)
	if err != nil {
		return nil, err
	}
	rewritten, err := rewrittenOutcomes(ctx, s.js)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	broken := s.compare(at)
	if rewritten > 0 {
		broken = append(broken, fmt.Sprintf("%d records of DONE were written over or are gone", rewritten))
	}
	if len(broken) == 0 {
		s.seen = at
	}
	return broken, nil
}

// readRuns reads the records of runs; once a run has queued all its requests, none of its
// conversions may be nowhere.
func (s *sampler) readRuns(ctx context.Context) error {
	keys, err := subjects(ctx, s.js, "KV_"+jetsheet.BucketRuns, ">")
	if err != nil {
		return err
	}
	for subject := range keys {
		id, err := jetsheet.ParseRunID(strings.TrimPrefix(subject, "$KV."+jetsheet.BucketRuns+"."))
		if err != nil {
			continue // another kind of record
		}
		s.mu.Lock()
		_, known := s.expected[id]
		s.mu.Unlock()
		if known {
			continue
		}
		run, err := readRun(ctx, s.runs, id)
		if err != nil {
			return err
		}
		if run.Plan != nil && !run.State.Before(jetsheet.RunOpen) {
			s.mu.Lock()
			s.expected[id] = run.Plan.Expected
			s.mu.Unlock()
		}
	}
	return nil
}

// compare returns what breaks the law.
func (s *sampler) compare(at map[string]standing) []string {
	var broken []string
	counts := map[string]int{}
	for key := range at {
		run, _, _ := strings.Cut(key, ".")
		counts[run]++
	}
	for id, expected := range s.expected {
		if got := counts[id.String()]; got != expected {
			broken = append(broken, fmt.Sprintf("run %s: %d conversions are done, failed or pending, want %d", id, got, expected))
		}
	}
	for key, was := range s.seen {
		if is, ok := at[key]; !ok || was == standingDone && is != standingDone {
			broken = append(broken, fmt.Sprintf("conversion %s was %s and is %q", key, was, is))
		}
	}
	return broken
}

// standings says where every conversion is.
func standings(ctx context.Context, js jetstream.JetStream) (map[string]standing, error) {
	at := map[string]standing{}
	for _, place := range []struct {
		stream string
		standing
	}{
		{jetsheet.StreamConversions, standingPending},
		{jetsheet.StreamRendered, standingPending},
		{jetsheet.StreamFailed, standingFailed},
		{jetsheet.StreamDone, standingDone},
	} {
		found, err := subjects(ctx, js, place.stream, ">")
		if err != nil {
			return nil, err
		}
		for subject := range found {
			at[jetsheet.SubjectKey(subject)] = place.standing
		}
	}
	return at, nil
}

// subjects lists the subjects of a stream with the messages of each.
func subjects(ctx context.Context, js jetstream.JetStream, name, filter string) (map[string]uint64, error) {
	stream, err := js.Stream(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("look at stream %s: %w", name, err)
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(filter))
	if err != nil {
		return nil, fmt.Errorf("list subjects of stream %s: %w", name, err)
	}
	return info.State.Subjects, nil
}

// rewrittenOutcomes counts the records of DONE that are no longer what they were: the
// stream keeps one for each conversion, so a second write removes the first.
func rewrittenOutcomes(ctx context.Context, js jetstream.JetStream) (uint64, error) {
	stream, err := js.Stream(ctx, jetsheet.StreamDone)
	if err != nil {
		return 0, fmt.Errorf("look at stream %s: %w", jetsheet.StreamDone, err)
	}
	state := stream.CachedInfo().State
	return state.LastSeq - state.Msgs, nil
}

// readRun reads a run's record.
func readRun(ctx context.Context, kv jetstream.KeyValue, id jetsheet.RunID) (*jetsheet.Run, error) {
	entry, err := kv.Get(ctx, jetsheet.RunKey(id))
	if err != nil {
		return nil, fmt.Errorf("read run %s: %w", id, err)
	}
	var run jetsheet.Run
	if err := json.Unmarshal(entry.Value(), &run); err != nil {
		return nil, fmt.Errorf("read run %s: %w", id, err)
	}
	return &run, nil
}

// readRuns reads every run's record.
func readRuns(ctx context.Context, js jetstream.JetStream) ([]*jetsheet.Run, error) {
	kv, err := js.KeyValue(ctx, jetsheet.BucketRuns)
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", jetsheet.BucketRuns, err)
	}
	keys, err := kv.Keys(ctx)
	if err != nil && !errors.Is(err, jetstream.ErrNoKeysFound) {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	var runs []*jetsheet.Run
	for _, key := range keys {
		id, err := jetsheet.ParseRunID(key)
		if err != nil {
			continue // another kind of record
		}
		run, err := readRun(ctx, kv, id)
		if err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	return runs, nil
}
