package main

import (
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
)

// TestCancelInTheMiddleAndTakeItBack cancels a run while it is published and rendered:
// what is done stays, everything else fails as cancelled, and a replay makes it after
// all. At no instant is a conversion nowhere.
func TestCancelInTheMiddleAndTakeItBack(t *testing.T) {
	t.Parallel()
	i := install(t, killSchema)
	for name, flags := range roleFlags {
		i.start(name, flags...)
	}
	i.start("ops")
	id := i.apply(killReport, time.Date(2026, 11, 1, 5, 0, 0, 0, time.FixedZone("JST", 9*60*60)))
	stop := i.watchConservation(id)
	i.await("60 workbooks", time.Minute, func() bool { return i.done(id) >= 60 })
	i.awaitOps(id)
	i.run(exitDone, "runs", "cancel", id.String(), "--reason", "wrong month")
	i.run(exitNothing, "runs", "cancel", id.String())
	i.await("run closed", time.Minute, func() bool { return i.record(id).State == jetsheet.RunClosed })
	counts := i.record(id).Closed
	if counts.Done+counts.Failed != 400 || counts.Done < 60 || counts.Failed == 0 {
		t.Fatalf("the cancelled run closed with %+v; want some of 400 done and all others failed", counts)
	}
	if got := len(i.objects()); got != counts.Done {
		t.Errorf("%d workbooks on S3, want the %d that are done", got, counts.Done)
	}
	i.run(exitDone, "failures", "replay", "--run", id.String(), "--cause", "cancelled", "--wait")
	if got := i.done(id); got != 400 {
		t.Errorf("%d done after the replay, want 400", got)
	}
	if got := len(i.objects()); got != 400 {
		t.Errorf("%d workbooks on S3 after the replay, want 400", got)
	}
	if samples := stop(); samples.publishing+samples.open == 0 {
		t.Error("no sample of the conservation law was taken")
	}
	i.run(exitNothing, "failures", "replay", "--run", id.String())
}
