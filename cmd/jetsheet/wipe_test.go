package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

// previousReport is a report whose run is frozen while the previous system makes all.
var previousReport = strings.NewReplacer("records-monthly", "records-previous", `"{tenant}/`, `"previous/{tenant}/`).Replace(killReport)

// TestAllOfNATSIsWiped loses everything in JetStream in the middle of two runs: one is made
// here, the other by a previous system that asks which part is its own. Afterwards setup
// makes a new installation that says something else, and the reports are applied again.
// Both systems still make what they would have made, and nothing twice.
func TestAllOfNATSIsWiped(t *testing.T) {
	t.Parallel()
	i := install(t, killSchema)
	i.startRoles("producer", "renderer", "uploader", "ops")
	i.route(jetsheet.RouteLegacy)
	theirs := i.apply(previousReport, killTick())
	tenants := []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}
	part := i.previousPart(theirs, tenants)
	if !slices.Equal(part, tenants) {
		t.Fatalf("the previous system is to make %v, want all of %v", part, tenants)
	}
	i.makePrevious(part[:5])
	i.closed(theirs, time.Minute)

	i.route(jetsheet.RouteNew)
	ours := i.apply(killReport, killTick())
	i.await("some workbooks", time.Minute, func() bool { return i.done(ours) >= 60 })
	before := i.versions()
	i.wipe()
	// A new installation, which would give everything to jetsheet.
	i.run(exitDone, "setup", "--no-previous-system", "--setup-ack-wait=2s")
	i.apply(killReport, killTick())
	i.apply(previousReport, killTick())
	var again []string
	i.await("ops answers the previous system", time.Minute, func() bool {
		code, out := i.askPrevious(theirs, tenants)
		again = strings.Fields(out)
		return code == exitDone
	})
	if !slices.Equal(again, part) {
		t.Errorf("asked again, the previous system is to make %v, want %v as before", again, part)
	}
	i.makePrevious(again[5:])
	i.closed(ours, 2*time.Minute)
	i.closed(theirs, time.Minute)
	if got := *i.record(ours).Closed; got != (jetsheet.Counts{Expected: 400, Done: 400}) {
		t.Errorf("our run closed with %+v, want 400 done", got)
	}
	if got := i.record(theirs).Closed; got.Expected != 0 {
		t.Errorf("the previous system's run closed with %+v, want nothing expected", *got)
	}
	i.checkBothSystems(before)
}

// route makes a document with one route for everybody the newest one.
func (i *installation) route(route jetsheet.Route) {
	i.t.Helper()
	kv, err := i.js.KeyValue(i.t.Context(), jetsheet.BucketFlags)
	if err != nil {
		i.t.Fatal(err)
	}
	if _, err := kv.Put(i.t.Context(), jetsheet.FlagsKey, flags.InitialDocument(route)); err != nil {
		i.t.Fatal(err)
	}
}

// askPrevious asks as the previous system does.
func (i *installation) askPrevious(id jetsheet.RunID, tenants []string) (code int, out string) {
	i.t.Helper()
	file := filepath.Join(i.t.TempDir(), "tenants")
	if err := os.WriteFile(file, []byte(strings.Join(tenants, "\n")+"\n"), 0o600); err != nil {
		i.t.Fatal(err)
	}
	code, out, _ = i.try("runs", "routes", id.String(), "--tenants-file", file, "--previous")
	return code, out
}

// previousPart asks until there is an answer.
func (i *installation) previousPart(id jetsheet.RunID, tenants []string) []string {
	i.t.Helper()
	var part []string
	i.await("the previous system is answered", time.Minute, func() bool {
		code, out := i.askPrevious(id, tenants)
		part = strings.Fields(out)
		return code == exitDone
	})
	return part
}

// makePrevious makes one workbook for each tenant, as the previous system would; one that
// is there would be made twice.
func (i *installation) makePrevious(tenants []string) {
	i.t.Helper()
	for _, tenant := range tenants {
		_, err := i.s3.Client().PutObject(i.t.Context(), &s3.PutObjectInput{
			Bucket: &i.bucket, Key: aws.String("previous/" + tenant + "/all.xlsx"), Body: strings.NewReader("by the previous system"), IfNoneMatch: aws.String("*"),
		})
		if err != nil {
			i.t.Fatalf("previous system, tenant %s: %v", tenant, err)
		}
	}
}

// wipe loses all that JetStream has stored.
func (i *installation) wipe() {
	i.t.Helper()
	i.stopNATS()
	if err := os.RemoveAll(i.natsDir); err != nil {
		i.t.Fatal(err)
	}
	i.runNATSServer()
}

// versions are the ETags and times of the objects: an object that is written again has
// another one.
func (i *installation) versions() map[string]string {
	i.t.Helper()
	found := map[string]string{}
	for key := range i.objects() {
		head, err := i.s3.Client().HeadObject(i.t.Context(), &s3.HeadObjectInput{Bucket: &i.bucket, Key: &key})
		if err != nil {
			i.t.Fatal(err)
		}
		found[key] = aws.ToString(head.ETag) + " " + head.LastModified.String()
	}
	return found
}

// checkBothSystems checks that every object is there once and that those of before are
// untouched.
func (i *installation) checkBothSystems(before map[string]string) {
	i.t.Helper()
	after := i.versions()
	theirs, ours := 0, 0
	for key := range maps.Keys(after) {
		if strings.HasPrefix(key, "previous/") {
			theirs++
		} else {
			ours++
		}
	}
	if theirs != 10 || ours != 400 {
		i.t.Errorf("%d objects of the previous system and %d of ours, want 10 and 400", theirs, ours)
	}
	for key, version := range before {
		if after[key] != version {
			i.t.Errorf("object %s was %s and is %s, want it untouched", key, version, after[key])
		}
	}
}
