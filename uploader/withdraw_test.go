package uploader

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jetsheet/jetsheet"
)

// TestWithdrawSparesOthers: a newer run replaces our workbook just before it is
// deleted; the deletion's condition spares it.
func TestWithdrawSparesOthers(t *testing.T) {
	t.Parallel()
	r := setup(t)
	request := r.request(15, "s1")
	newer := r.event(r.request(16, "s1"), noise(20))
	r.clearStore()
	r.outcome(request, jetsheet.DoneSkipped)
	r.occupy(request.Key, "ours", metadataOf(r.event(request, noise(10))))
	r.clearStore()
	var deletes atomic.Int32
	r.s3.set(func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
		if q.Method == http.MethodDelete && deletes.Add(1) == 1 {
			r.occupy(request.Key, "newer", metadataOf(newer))
		}
		return next.RoundTrip(q)
	})
	r.announce(r.render(request, noise(500)))
	r.run(r.uploader())
	r.settled(request, jetsheet.DoneSkipped)
	if got, want := r.runOf(request.Key), newer.Request.Run.String(); got != want || deletes.Load() != 1 {
		t.Errorf("the key holds %q after %d DELETEs, want %q after 1", got, deletes.Load(), want)
	}
}

// TestWithdrawWithoutTheRight: where the uploader may not delete, people are told,
// and the next workbook is published all the same.
func TestWithdrawWithoutTheRight(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		code   string
	}{{403, "AccessDenied"}, {405, "MethodNotAllowed"}, {501, "NotImplemented"}} {
		t.Run(c.code, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			var deletes atomic.Int32
			r.s3.set(func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
				if q.Method == http.MethodDelete {
					deletes.Add(1)
					return answer(q, c.status, c.code), nil
				}
				return next.RoundTrip(q)
			})
			request, next := r.request(15, "s1"), r.request(15, "s2")
			r.outcome(request, jetsheet.DoneSkipped)
			r.occupy(request.Key, "ours", metadataOf(r.event(request, noise(10))))
			r.clearStore()
			r.announce(r.render(request, noise(500)))
			r.run(r.uploader())
			r.settled(request, jetsheet.DoneSkipped)
			if log := r.log.String(); deletes.Load() != 1 || !strings.Contains(log, "delete it by hand") || !strings.Contains(log, request.Key) {
				t.Errorf("after %d DELETEs, want 1, nobody is told to delete %s", deletes.Load(), request.Key)
			}
			r.announce(r.render(next, noise(500)))
			r.settled(next, jetsheet.DonePublished)
		})
	}
}

// clearStore removes the workbooks of events that were made for their metadata.
func (r *rig) clearStore() {
	r.t.Helper()
	if err := r.stream.Purge(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}
