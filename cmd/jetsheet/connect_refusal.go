package main

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet/internal/delivery"
)

// permissionError is NATS refusing a subject.
type permissionError = delivery.RefusedError

// maxRefusals is how many refusals are remembered: more than a process has jobs that may
// wait at a time.
const maxRefusals = 256

// refusals receives the errors that NATS sends on its own. A refused request has no
// answer: without this, its caller waits for its deadline and hears of a time-out.
type refusals struct {
	log *slog.Logger

	mu      sync.Mutex
	user    string
	latest  *permissionError // not yet returned by explain
	recent  []refusalAt      // oldest first, at most maxRefusals
	waiting map[*context.CancelCauseFunc]struct{}
}

// refusalAt is a refusal and when it came.
type refusalAt struct {
	at      time.Time
	refused *permissionError
}

func (r *refusals) setUser(user string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.user = user
}

// handle is the connection's error handler.
func (r *refusals) handle(_ *nats.Conn, subscription *nats.Subscription, err error) {
	refused := r.parse(err)
	if refused == nil {
		subject := ""
		if subscription != nil {
			subject = subscription.Subject
		}
		r.log.Warn("NATS reports an error", slog.String("subject", subject), slog.String("err", natsReason(err)))
		return
	}
	if r.tell(refused) == 0 {
		r.log.Error("NATS refuses a subject", slog.String("subject", refused.Subject), slog.String("err", refused.Error()))
	}
}

// parse reads `Permissions Violation for Publish to "subject"`; nil if it is something
// else.
func (r *refusals) parse(err error) *permissionError {
	if !errors.Is(err, nats.ErrPermissionViolation) {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	refused := &permissionError{Action: "use", Subject: "unknown", User: r.user}
	found := regexp.MustCompile(`(?i)violation for (publish|subscription) to "([^"]+)"`).FindStringSubmatch(err.Error())
	if found == nil {
		return refused
	}
	refused.Action, refused.Subject = "publish", found[2]
	if strings.EqualFold(found[1], "subscription") {
		refused.Action = "subscribe"
	}
	return refused
}

// tell ends what is waiting and returns how many that were.
func (r *refusals) tell(refused *permissionError) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.latest = refused
	if len(r.recent) == maxRefusals {
		r.recent = slices.Delete(r.recent, 0, 1)
	}
	r.recent = append(r.recent, refusalAt{time.Now(), refused})
	for cancel := range r.waiting {
		(*cancel)(refused)
	}
	return len(r.waiting)
}

// explain returns the latest refusal in place of a time-out, once: what times out later
// has a reason of its own. Other errors stay as they are. It is for operations that were
// not run by Do and have waited for their deadline.
func (r *refusals) explain(err error) error {
	if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, nats.ErrTimeout) {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.latest == nil {
		return err
	}
	refused := r.latest
	r.latest = nil
	return refused
}

// since is a [delivery.RefusalFunc].
func (r *refusals) since(at time.Time, concerns func(subject string) bool) *permissionError {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range slices.Backward(r.recent) {
		if one.at.Before(at) {
			return nil
		}
		if concerns(one.refused.Subject) {
			return one.refused
		}
	}
	return nil
}

// Do runs an operation on NATS. If NATS refuses a subject meanwhile, the operation's
// context ends at once, and its error is the refusal instead of a time-out. Operations
// at the same time on one link share their refusals.
func (l *natsLink) Do(ctx context.Context, operation func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer l.refusals.wait(&cancel)()
	err := operation(ctx)
	var refused *permissionError
	if err != nil && errors.As(context.Cause(ctx), &refused) {
		return refused
	}
	return err
}

// wait registers an operation; the returned function ends that.
func (r *refusals) wait(cancel *context.CancelCauseFunc) func() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting == nil {
		r.waiting = map[*context.CancelCauseFunc]struct{}{}
	}
	r.waiting[cancel] = struct{}{}
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.waiting, cancel)
	}
}
