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
	for name, c := range map[string]struct {
		refuse  hookFunc
		deletes int32
	}{
		"denied":             {answers(403, "AccessDenied"), 1},
		"not allowed":        {answers(405, "MethodNotAllowed"), 1},
		"not implemented":    {answers(501, "NotImplemented"), 1},
		"a proxy's own page": {page(200), believedDeletes},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			var deletes atomic.Int32
			r.s3.set(func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
				if q.Method == http.MethodDelete {
					deletes.Add(1)
					return c.refuse(q, next)
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
			if log := r.log.String(); deletes.Load() != c.deletes || !strings.Contains(log, "delete it by hand") || !strings.Contains(log, request.Key) {
				t.Errorf("after %d DELETEs, want %d, nobody is told to delete %s", deletes.Load(), c.deletes, request.Key)
			}
			if strings.Contains(r.log.String(), "workbook withdrawn") || r.runOf(request.Key) == "" {
				t.Errorf("%s: want it there, and nobody told that it is gone", request.Key)
			}
			r.announce(r.render(next, noise(500)))
			r.settled(next, jetsheet.DonePublished)
		})
	}
}

// TestWithdrawUntilItIsGone: what answers with a success may not be S3, and what S3 itself
// answers differs from server to server. That the object is gone is what counts.
func TestWithdrawUntilItIsGone(t *testing.T) {
	t.Parallel()
	once := func(method string, instead hookFunc) hookFunc {
		var asked atomic.Int32
		return func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
			if q.Method == method && strings.HasSuffix(q.URL.Path, ".xlsx") && asked.Add(1) == 1 {
				return instead(q, next)
			}
			return next.RoundTrip(q)
		}
	}
	for name, hook := range map[string]hookFunc{
		"a proxy answers the DELETE once": once(http.MethodDelete, page(200)),
		"a proxy answers the HEAD once":   once(http.MethodHead, page(200)),
		"the server answers 200 for 204": func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
			response, err := next.RoundTrip(q)
			if err == nil && q.Method == http.MethodDelete && response.StatusCode == http.StatusNoContent {
				response.StatusCode, response.Status = http.StatusOK, "200 OK"
			}
			return response, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			request := r.request(15, "s1")
			r.outcome(request, jetsheet.DoneSkipped)
			r.occupy(request.Key, "ours", metadataOf(r.event(request, noise(10))))
			r.clearStore()
			r.s3.set(hook)
			r.announce(r.render(request, noise(500)))
			r.run(r.uploader())
			r.settled(request, jetsheet.DoneSkipped)
			if got := r.runOf(request.Key); got != "" || strings.Count(r.log.String(), "workbook withdrawn") != 1 {
				t.Errorf("the key holds %q, want nothing, and one line that tells so", got)
			}
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
