package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// sampleEvery is how often a process notes its CPU time: at 500 conversions a second,
// ten conversions.
const sampleEvery = 20 * time.Millisecond

// sampler notes a process's CPU time over time, so that what a span of time cost can be
// told afterwards: where a span begins and ends is known only from the messages in the
// streams.
type sampler struct {
	mu      sync.Mutex
	samples []cpuSample
	stop    context.CancelFunc
	ended   sync.WaitGroup
}

type cpuSample struct {
	at  time.Time
	cpu time.Duration
}

// startSampler samples this process until close.
func startSampler(ctx context.Context) (*sampler, error) {
	if _, err := cpuTime(); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	s := &sampler{stop: stop}
	s.note()
	s.ended.Go(func() {
		tick := time.NewTicker(sampleEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				s.note()
			}
		}
	})
	return s, nil
}

func (s *sampler) close() {
	s.stop()
	s.ended.Wait()
}

func (s *sampler) note() {
	cpu, err := cpuTime()
	if err != nil {
		return
	}
	s.mu.Lock()
	s.samples = append(s.samples, cpuSample{at: time.Now(), cpu: cpu})
	s.mu.Unlock()
}

// errNotSampled is returned for a span that begins before the first sample.
var errNotSampled = errors.New("the span was not sampled")

// between returns the CPU time from one instant to another.
func (s *sampler) between(from, until time.Time) (time.Duration, error) {
	s.note()
	s.mu.Lock()
	defer s.mu.Unlock()
	begin, err := at(s.samples, from)
	if err != nil {
		return 0, err
	}
	end, err := at(s.samples, until)
	return end - begin, err
}

// at returns the CPU time at an instant, on the line between two samples.
func at(samples []cpuSample, t time.Time) (time.Duration, error) {
	after, found := slices.BinarySearchFunc(samples, t, func(s cpuSample, t time.Time) int { return s.at.Compare(t) })
	switch {
	case found:
		return samples[after].cpu, nil
	case after == 0 || after == len(samples):
		return 0, errNotSampled
	}
	a, b := samples[after-1], samples[after]
	share := float64(t.Sub(a.at)) / float64(b.at.Sub(a.at))
	return a.cpu + time.Duration(share*float64(b.cpu-a.cpu)), nil
}
