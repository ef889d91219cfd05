package delivery_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// TestReplayCountsStartsAnew: what was started before a person asked again does not fail
// it, even where the record of the failure was never closed.
func TestReplayCountsStartsAnew(t *testing.T) {
	t.Parallel()
	b := setup(t, 2*time.Second)
	asked := time.Now().Add(-time.Second)
	p := jetsheet.Progress{Envelope: jetsheet.CurrentEnvelope()}
	for i := range jetsheet.MaxStarts {
		p.Starts = append(p.Starts, jetsheet.Start{Worker: "gone-7", At: asked.Add(-time.Minute), Sequence: 1, Delivery: uint64(i + 1)}) //nolint:gosec // small
	}
	value, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.progressBucket().Put(t.Context(), b.progressKey("a"), value); err != nil {
		t.Fatal(err)
	}
	replay := jetsheet.NewReplayID(asked, "abcdef")
	request := b.request(jetsheet.LaneSmall, "a")
	body, err := json.Marshal(&request)
	if err != nil {
		t.Fatal(err)
	}
	b.publishRaw(jetsheet.RequestSubject(jetsheet.LaneExpress, b.conversion("a")), body, nats.Header{jetsheet.HeaderReplay: {replay}})
	var seen calls
	b.start(b.config(2, func(_ context.Context, job *delivery.Job) error {
		seen.add(job)
		return delivery.Permanent(jetsheet.CauseWorkbook, errors.New("it fails again"))
	}))
	b.eventually("the request is settled", b.drained)
	f := b.failureOf("a")
	if seen.count("a") != 1 || f == nil || f.Cause != jetsheet.CauseWorkbook || f.Replay != replay {
		t.Errorf("got %d calls and the failure %+v; want one, and a failure that names the replay %s", seen.count("a"), f, replay)
	}
}
