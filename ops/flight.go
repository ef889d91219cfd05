package ops

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// line is a queue and its consumer at one moment.
type line struct {
	stream, consumer, subjects string
	stage                      jetsheet.Stage
	lane                       jetsheet.Lane
	// attended says whether some worker asks for work or has some.
	attended bool
	waiting  uint64
}

// lines are all queues, with what workers have in hand.
type lines struct {
	lanes   map[jetsheet.Lane]*line
	publish *line
	compare *line
	// flights are by the key of their conversion.
	flights map[string]*flight
}

// flight is a message that was delivered and is not settled.
type flight struct {
	line     *line
	request  jetsheet.Request
	progress *jetsheet.Progress // nil when the stage wrote none
}

// lines looks at every queue. What is in hand is found by walking from each
// consumer's ack floor to what it delivered last: settled messages are gone from a
// work queue, so that takes one read for each message in hand. The consumers' caps bound
// those; that of comparisons has none, because what waits for the previous system counts
// as in hand, so only the first few are read there.
func (r *Reader) lines(ctx context.Context) (*lines, error) {
	all, queues := newLines()
	for _, l := range queues {
		if err := r.lookAt(ctx, l, all.flights); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// newLines returns all queues, by name and as a list, before anybody has looked.
func newLines() (*lines, []*line) {
	all := &lines{lanes: map[jetsheet.Lane]*line{}, flights: map[string]*flight{}}
	var list []*line
	for _, lane := range jetsheet.Lanes() {
		all.lanes[lane] = &line{
			stream: jetsheet.StreamConversions, consumer: jetsheet.LaneConsumer(lane),
			subjects: jetsheet.LaneSubjects(lane), stage: jetsheet.StageRenderer, lane: lane,
		}
		list = append(list, all.lanes[lane])
	}
	all.publish = &line{stream: jetsheet.StreamRendered, consumer: jetsheet.ConsumerUploader, subjects: jetsheet.SubjectRenderedPublish, stage: jetsheet.StageUploader}
	all.compare = &line{stream: jetsheet.StreamRendered, consumer: jetsheet.ConsumerUploaderShadow, subjects: jetsheet.SubjectRenderedCompare, stage: jetsheet.StageUploader}
	return all, append(list, all.publish, all.compare)
}

// queue looks how a queue's consumer stands.
func (r *Reader) queue(ctx context.Context, l *line) (*jetstream.ConsumerInfo, error) {
	consumer, err := r.js.Consumer(ctx, l.stream, l.consumer)
	if err != nil {
		return nil, delivery.NotSetUp("consumer "+l.stream+"/"+l.consumer, err)
	}
	return consumer.CachedInfo(), nil
}

func (r *Reader) lookAt(ctx context.Context, l *line, flights map[string]*flight) error {
	info, err := r.queue(ctx, l)
	if err != nil {
		return err
	}
	l.waiting = info.NumPending
	l.attended = info.NumWaiting > 0 || info.NumAckPending > 0
	if info.NumAckPending == 0 {
		return nil
	}
	stream, err := r.js.Stream(ctx, l.stream)
	if err != nil {
		return delivery.NotSetUp("stream "+l.stream, err)
	}
	read := 0
	for sequence := info.AckFloor.Stream + 1; sequence <= info.Delivered.Stream && read < maxFlights; sequence++ {
		read++
		m, err := stream.GetMsg(ctx, sequence, jetstream.WithGetMsgSubject(l.subjects))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", l.subjects, err)
		}
		sequence = m.Sequence
		if sequence > info.Delivered.Stream {
			return nil
		}
		if err := r.addFlight(ctx, l, m, flights); err != nil {
			return err
		}
	}
	return nil
}

// maxFlights is how many messages of one queue are read: several times the cap of every
// consumer that has one.
const maxFlights = 64

// requestBytes is the request in a message; nothing where there is none.
func (l *line) requestBytes(body []byte) []byte {
	if l.stage != jetsheet.StageUploader {
		return body
	}
	var event jetsheet.Rendered
	if err := jetsheet.Decode(body, &event); err != nil {
		return nil
	}
	return event.Request
}

// addFlight reads what a worker wrote of a message in hand. A message that cannot be
// read is left out: its worker will fail it.
func (r *Reader) addFlight(ctx context.Context, l *line, m *jetstream.RawStreamMsg, flights map[string]*flight) error {
	f := &flight{line: l}
	var ok bool
	if f.request, ok = requestIn(l.requestBytes(m.Data)); !ok {
		return nil
	}
	if err := r.readProgress(ctx, f); err != nil {
		return err
	}
	if l.consumer == jetsheet.ConsumerUploaderShadow && f.progress == nil {
		return nil // it was put off, until the previous system's workbook is there
	}
	flights[jetsheet.SubjectKey(m.Subject)] = f
	return nil
}

// readProgress reads what the worker wrote of its attempt.
func (r *Reader) readProgress(ctx context.Context, f *flight) error {
	entry, err := r.progress.Get(ctx, jetsheet.ProgressKey(f.line.stage, f.request.Conversion()))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read progress of %s: %w", f.request.Conversion(), err)
	}
	var p jetsheet.Progress
	if jetsheet.Decode(entry.Value(), &p) == nil && len(p.Starts) > 0 {
		f.progress = &p
	}
	return nil
}

func (f *flight) running() Running {
	r := Running{Stage: f.line.stage, Lane: f.line.lane, Tenant: f.request.Tenant, Target: f.request.Target.Target}
	if f.progress != nil {
		last := f.progress.Starts[len(f.progress.Starts)-1]
		r.Worker, r.Since, r.Rows = last.Worker, last.At, f.progress.Rows
		r.Waiting, r.LastError = f.progress.Waiting, f.progress.LastError
	}
	return r
}
