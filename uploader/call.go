package uploader

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/jetsheet/jetsheet/internal/delivery"
)

// errSilent is why a call was given up.
var errSilent = errors.New("S3 was silent")

// call is one request to S3, given up when nothing has moved for a while. That
// limits every request by its size without a guess at the line's speed.
type call struct {
	limit  time.Duration
	job    *delivery.Job
	cancel context.CancelCauseFunc
	timer  *time.Timer
	body   *body // nil without one
}

// begin returns a call and its context; end it. While it runs, the job counts as
// busy: the call's own limit says when it hangs.
func begin(ctx context.Context, job *delivery.Job, limit time.Duration) (context.Context, *call) {
	ctx, cancel := context.WithCancelCause(ctx)
	c := &call{limit: limit, job: job, cancel: cancel}
	c.timer = time.AfterFunc(limit, func() { cancel(fmt.Errorf("%w for %s", errSilent, limit)) })
	job.Statement(limit)
	return ctx, c
}

// moved tells call and lease that bytes have moved.
func (c *call) moved() {
	c.timer.Reset(c.limit)
	c.job.Statement(c.limit)
	c.job.Rows(0)
}

func (c *call) end() {
	c.cancel(nil)
	if c.body != nil {
		c.body.close()
	}
	c.timer.Stop()
	c.job.Statement(0)()
}

// send returns src as the body of the call.
func (c *call) send(src io.Reader) io.Reader {
	c.body = &body{src: src, moved: c.moved}
	return c.body
}

// sourceErr returns the error of the body's source: it, and not what S3 made of a
// body cut short, is why the call failed.
func (c *call) sourceErr() error {
	if c.body == nil {
		return nil
	}
	c.body.mu.Lock()
	defer c.body.mu.Unlock()
	return c.body.err
}

// body is a request body. The transport may still read it when the call has
// returned, so it must be closed before its source is used again.
type body struct {
	moved func()

	mu     sync.Mutex
	src    io.Reader
	closed bool
	err    error // of src, other than EOF
}

var errBodyClosed = errors.New("request has ended")

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return 0, errBodyClosed
	}
	n, err := b.src.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	b.moved()
	return n, err
}

func (b *body) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
}
