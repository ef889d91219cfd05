package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// TestOutagesFailNothing takes something away in the middle of a run: whoever needs it
// says so, people see it where they look and are told once, and once it is back the run
// goes on by itself as if nothing had been.
func TestOutagesFailNothing(t *testing.T) {
	t.Parallel()
	for name, outage := range map[string]struct {
		// breaks returns what mends it.
		breaks func(i *installation, front *s3Front) (mend func())
		stage  jetsheet.Stage
		on     jetsheet.Resource
		says   string
	}{
		"S3 refuses": {func(_ *installation, front *s3Front) func() {
			return front.refuse(403, "AccessDenied")
		}, jetsheet.StageUploader, jetsheet.ResourceS3, "AccessDenied"},
		"S3 is too busy": {func(_ *installation, front *s3Front) func() {
			return front.refuse(503, "SlowDown")
		}, jetsheet.StageUploader, jetsheet.ResourceS3, "SlowDown"},
		"credentials have expired": {func(_ *installation, front *s3Front) func() {
			return front.refuse(400, "ExpiredToken")
		}, jetsheet.StageUploader, jetsheet.ResourceS3, "ExpiredToken"},
		"bucket is gone": {func(i *installation, _ *s3Front) func() {
			there := filepath.FromSlash(strings.TrimSuffix(i.s3.Path(i.bucket, "x"), "/x"))
			away := filepath.Join(filepath.Dir(there), ".away")
			move := func(from, to string) {
				if err := os.Rename(from, to); err != nil {
					i.t.Fatal(err)
				}
			}
			move(there, away)
			return func() { move(away, there) }
		}, jetsheet.StageUploader, jetsheet.ResourceS3, "NoSuchBucket"},
		"CONVERSIONS is full": {func(i *installation, _ *s3Front) func() {
			i.resize(jetsheet.StreamConversions, 1)
			return func() { i.resize(jetsheet.StreamConversions, 2<<30) }
		}, jetsheet.StageProducer, jetsheet.ResourceNATS, "maximum bytes exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := install(t, killSchema)
			front, hook := i.frontS3(), i.hook()
			i.startRoles("producer", "renderer", "uploader")
			i.startOps()
			id := i.apply(killReport, killTick())
			i.await("some workbooks", time.Minute, func() bool { return i.done(id) >= 20 })
			mend := outage.breaks(i, front)
			w := i.paused(outage.stage, outage.on)
			if !strings.Contains(w.LastError, outage.says) || w.Paused == "" || w.PausedSince.IsZero() {
				t.Errorf("worker: got %+v, want since when, for what and %q", w, outage.says)
			}
			_, said := i.run(exitFailure, "runs", "wait", id.String(), "--timeout=2s")
			if want := string(outage.stage) + " paused since "; !strings.Contains(said, want) || !strings.Contains(said, outage.says) {
				t.Errorf("runs wait says %q, want %q and %q", said, want, outage.says)
			}
			opened := hook.told(t, outage.stage, outage.on, outage.says)
			mend()
			i.closed(id, time.Minute)
			i.checkKillWorkbooks(id)
			i.nothingFailed()
			i.paused(outage.stage, "")
			hook.over(t, opened)
			hook.none(i)
		})
	}
}

// refuse lets S3 answer with an error until the result is called.
func (f *s3Front) refuse(status int, code string) (mend func()) {
	f.refusal.Store(&refusal{status, code})
	return func() { f.refusal.Store(nil) }
}

// TestNATSWithoutRoom fills what JetStream may store in the middle of a run. Nobody can
// write anything then, not even that it waits, and no notice can be kept. Who asks is told
// all the same, and people are; the run goes on when there is room.
func TestNATSWithoutRoom(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("tens of megabytes are written to leave no room")
	}
	i := install(t, killSchema)
	hook := i.hook()
	// What the streams reserve must fit.
	i.resize(jetsheet.StreamConversions, 4<<20)
	i.run(exitDone, "setup", "--setup-ack-wait=2s", "--setup-workbooks-bytes=8388608")
	i.resize(jetsheet.StreamConversions, 4<<20)
	i.stopNATS()
	i.runNATSServer("67108864")
	i.startRoles("producer", "renderer", "uploader")
	i.startOps()
	id := i.apply(killReport, killTick())
	i.await("some workbooks", time.Minute, func() bool { return i.done(id) >= 20 })
	ballast, err := i.js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "BALLAST", Subjects: []string{"ballast"}})
	if err != nil {
		t.Fatal(err)
	}
	load := make([]byte, 512<<10)
	for err == nil {
		_, err = i.js.Publish(t.Context(), "ballast", load)
	}
	if !strings.Contains(err.Error(), "insufficient") {
		t.Fatalf("filling the store ended with %v, want that there is no room", err)
	}
	i.await("nothing is done any more", time.Minute, func() bool {
		before := i.done(id)
		stays := true
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for range 10 {
			<-tick.C
			stays = stays && i.done(id) == before
		}
		return stays
	})
	if n := i.done(id); n == 400 {
		t.Fatal("all is done although there is no room")
	}
	w := i.paused(jetsheet.StageProducer, jetsheet.ResourceNATS) // it cannot keep its claim of the run
	if !strings.Contains(w.LastError, "insufficient resources") || time.Since(w.UpdatedAt) > 10*time.Second {
		t.Errorf("worker: got %+v, want what it says now, with the server's error", w)
	}
	out, _ := i.run(exitDone, "runs", "show", id.String())
	if !strings.Contains(out, "producer paused since ") || strings.Contains(out, "is running: start one with") {
		t.Errorf("runs show says\n%s\nwant that the producer is paused, and that nobody is missing", out)
	}
	opened := hook.told(t, "", jetsheet.ResourceNATS, "insufficient resources")
	if err := i.js.DeleteStream(t.Context(), ballast.CachedInfo().Config.Name); err != nil {
		t.Fatal(err)
	}
	i.closed(id, 2*time.Minute)
	i.checkKillWorkbooks(id)
	i.nothingFailed()
	hook.over(t, opened)
}
