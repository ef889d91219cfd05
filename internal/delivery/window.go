package delivery

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Window keeps the number of requests of a lane in the stream small: whoever fills the
// lane asks [Window.Room] how many more it takes, and tells [Window.Filled] what was
// stored. It is not for concurrent use.
//
// The server acknowledges a message before its consumer has counted it: counting at once
// let a window of 30 grow to 208. So there is no room until the consumer has counted what
// was filled. What others put into the lane meanwhile can be taken for it; two who fill
// a lane may overshoot by what each finds.
type Window struct {
	consumer jetstream.Consumer
	size     int
	// awaited is what the consumer has counted in all once it knows what was filled.
	awaited  uint64
	filledAt time.Time
}

// countLimit is how long a consumer may take to count. After that what is missing will
// not come: it was deleted before a worker had it, or the stream is another one.
const countLimit = 2 * time.Second

// NewWindow returns a window of so many requests of a lane.
func NewWindow(lane jetstream.Consumer, size int) *Window {
	return &Window{consumer: lane, size: size}
}

// Room returns how many more requests the lane takes, negative where it holds more than
// the window. It says whether that is known: there is no room while it is not.
func (w *Window) Room(ctx context.Context) (room int, known bool, err error) {
	info, err := w.consumer.Info(ctx)
	if err != nil {
		return 0, false, NotSetUp("consumer "+w.consumer.CachedInfo().Stream+"/"+w.consumer.CachedInfo().Name, err)
	}
	// What is delivered for the first time moves from the one to the other.
	counted := info.NumPending + info.Delivered.Consumer
	if counted < w.awaited && time.Since(w.filledAt) < countLimit {
		return 0, false, nil
	}
	w.awaited = counted
	return w.size - int(info.NumPending) - info.NumAckPending, true, nil //nolint:gosec // bounded by the window
}

// Filled notes that so many requests were stored, and acknowledged, since [Window.Room]
// was asked.
func (w *Window) Filled(requests int) {
	w.awaited += uint64(requests) //nolint:gosec // not negative
	w.filledAt = time.Now()
}
