package flags_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet/flags"
)

var errFault = errors.New("fault of the test")

// fault says whether a call fails, and whether it takes effect before it does.
type fault int

const (
	works fault = iota
	failsBefore
	failsAfter
)

// memoryRecords is a record store that can fail; the real one is tested with S3.
type memoryRecords struct {
	mu      sync.Mutex
	objects map[string][]byte
	reads   int
	// onWrite decides about each call that brings a body; nil means it works.
	onWrite func() fault
	// onRead decides about each call that does not.
	onRead func() fault
}

func (m *memoryRecords) Record(_ context.Context, key string, body []byte) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	decide := m.onWrite
	if body == nil {
		m.reads++
		decide = m.onRead
	}
	now := works
	if decide != nil {
		now = decide()
	}
	if now == failsBefore {
		return nil, errFault
	}
	if _, there := m.objects[key]; !there && body != nil {
		m.objects[key] = bytes.Clone(body)
	}
	if now == failsAfter {
		return nil, errFault
	}
	return bytes.Clone(m.objects[key]), nil
}

func (m *memoryRecords) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.objects)
}

// faultyKV is a real bucket whose calls fail or are overtaken as a test says.
type faultyKV struct {
	jetstream.KeyValue
	onCreate, onUpdate, onGet func() fault
}

func (k *faultyKV) Create(ctx context.Context, key string, value []byte, opts ...jetstream.KVCreateOpt) (uint64, error) {
	return play(k.onCreate, func() (uint64, error) { return k.KeyValue.Create(ctx, key, value, opts...) })
}

func (k *faultyKV) Update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	return play(k.onUpdate, func() (uint64, error) { return k.KeyValue.Update(ctx, key, value, revision) })
}

func (k *faultyKV) Get(ctx context.Context, key string) (jetstream.KeyValueEntry, error) {
	return play(k.onGet, func() (jetstream.KeyValueEntry, error) { return k.KeyValue.Get(ctx, key) })
}

func play[T any](decide func() fault, call func() (T, error)) (T, error) {
	var none T
	now := works
	if decide != nil {
		now = decide()
	}
	if now == failsBefore {
		return none, errFault
	}
	result, err := call()
	if now == failsAfter {
		return none, errFault
	}
	return result, err
}

// once gives a fault to the first call and lets the others work.
func once(f fault) func() fault {
	return func() fault {
		now := f
		f = works
		return now
	}
}

// edit changes a stored record behind everybody's back.
func (m *memoryRecords) edit(tb testing.TB, key string, change func(map[string]any)) {
	tb.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.objects[key] = rework(tb, m.objects[key], change)
}

// losingRecords lets one write of a shared record store fail for one caller.
type losingRecords struct {
	flags.RecordStore
	fault func() fault
}

func (l *losingRecords) Record(ctx context.Context, key string, body []byte) ([]byte, error) {
	call := func() ([]byte, error) { return l.RecordStore.Record(ctx, key, body) }
	if body == nil {
		return call()
	}
	return play(l.fault, call)
}

// faultyJetStream has faults in publishing.
type faultyJetStream struct {
	jetstream.JetStream

	onPublish func() fault
}

func (j *faultyJetStream) PublishMsg(ctx context.Context, m *nats.Msg, opts ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	f := works
	if j.onPublish != nil {
		f = j.onPublish()
	}
	if f == failsBefore {
		return nil, errFault
	}
	ack, err := j.JetStream.PublishMsg(ctx, m, opts...)
	if f == failsAfter {
		return nil, errFault
	}
	return ack, err
}
