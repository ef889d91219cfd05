package uploader

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// TestAnHoursOutageOfS3 lets S3 refuse for more leases than an event has deliveries, while
// workbooks come in. Nothing fails, no attempt counts, and what is in hand does not
// use up its deliveries.
func TestAnHoursOutageOfS3(t *testing.T) {
	t.Parallel()
	r := setup(t)
	const lease = 900 * time.Millisecond // a busy machine keeps it
	leases := 25                         // an event has 20 deliveries
	if testing.Short() {
		leases = 5
	}
	c, err := r.js.Consumer(t.Context(), jetsheet.StreamRendered, jetsheet.ConsumerUploader)
	if err != nil {
		t.Fatal(err)
	}
	config := c.CachedInfo().Config
	config.AckWait = lease
	if _, err := r.js.UpdateConsumer(t.Context(), jetsheet.StreamRendered, config); err != nil {
		t.Fatal(err)
	}
	var away atomic.Bool
	away.Store(true)
	var asked atomic.Int32
	r.s3.set(func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
		if away.Load() {
			asked.Add(1)
			return answer(q, 503, "ServiceUnavailable"), nil
		}
		return next.RoundTrip(q)
	})
	r.run(r.uploader())
	tick := time.NewTicker(lease)
	defer tick.Stop()
	var requests []jetsheet.Request
	for n := range leases {
		request := r.request(1, fmt.Sprint("s", n))
		r.announce(r.render(request, noise(500+n)))
		requests = append(requests, request)
		<-tick.C
	}
	if asked.Load() == 0 {
		t.Error("S3 was never asked")
	}
	if got := r.messages(jetsheet.StreamRendered); got != uint64(leases) { //nolint:gosec // small
		t.Errorf("events in the stream during the outage: got %d, want all %d", got, leases)
	}
	r.nobodyFailed(requests)
	away.Store(false)
	r.drained()
	if got := r.messages(jetsheet.StreamDone); got != uint64(leases) { //nolint:gosec // small
		t.Errorf("done records: got %d, want %d", got, leases)
	}
	r.nobodyFailed(requests)
	info, err := c.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if spare := int(info.Delivered.Consumer) - leases; spare > leases/2 { //nolint:gosec // small
		t.Errorf("deliveries besides the first ones: got %d for %d events, want few", spare, leases)
	}
}

// nobodyFailed checks that nothing failed and that no attempt counts.
func (r *rig) nobodyFailed(requests []jetsheet.Request) {
	r.t.Helper()
	if n := r.messages(jetsheet.StreamFailed); n != 0 {
		r.t.Errorf("failures: got %d, want none", n)
	}
	progress, err := r.js.Stream(r.t.Context(), "KV_"+jetsheet.BucketProgress)
	if err != nil {
		r.t.Fatal(err)
	}
	for i := range requests {
		key := jetsheet.EntrySubject(jetsheet.BucketProgress, jetsheet.ProgressKey(jetsheet.StageUploader, requests[i].Conversion()))
		m, err := delivery.LastMessage(r.t.Context(), progress, key)
		if err != nil {
			r.t.Fatal(err)
		}
		var p jetsheet.Progress
		if m == nil || m.Header.Get(jetstream.MsgRollup) != "" || len(m.Data) == 0 {
			continue
		}
		if err := jetsheet.Decode(m.Data, &p); err != nil || p.Attempts != 0 || len(p.Starts) > 2 {
			r.t.Errorf("%s: got %s (%v), want no attempt that counts", key, m.Data, err)
		}
	}
}
