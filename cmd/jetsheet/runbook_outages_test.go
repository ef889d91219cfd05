package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops/notify"
)

// outageScenes are those that stop a whole installation.
func outageScenes() map[string]setScene {
	return map[string]setScene{
		"channel":             sceneChannel,
		"nats_lost":           sceneNATSLost,
		"no_worker":           sceneNoWorker,
		"paused":              scenePaused,
		"paused_database":     scenePaused,
		"paused_flags":        scenePausedFlags,
		"paused_nats":         scenePausedNATS,
		"paused_object_store": scenePausedObjectStore,
		"paused_s3":           scenePausedS3,

		string(jetsheet.CauseWorkerCrash):  sceneWorkerCrash,
		string(jetsheet.CauseDeadRequest):  sceneDeadRequest,
		string(jetsheet.CauseWorkbookLost): sceneWorkbookLost,
	}
}

// paused waits until a worker says that it waits for a resource.
func (s *sceneRig) paused(on jetsheet.Resource) {
	s.t.Helper()
	kv, err := s.js.KeyValue(s.t.Context(), jetsheet.BucketProgress)
	s.check(err)
	s.await("a worker waits for "+string(on), 2*time.Minute, func() bool {
		keys, err := kv.ListKeysFiltered(s.t.Context(), "worker.>")
		s.check(err)
		found := false
		for key := range keys.Keys() {
			entry, err := kv.Get(s.t.Context(), key)
			if errors.Is(err, jetstream.ErrKeyNotFound) {
				continue
			}
			s.check(err)
			var state jetsheet.WorkerState
			s.check(json.Unmarshal(entry.Value(), &state))
			found = found || state.PausedOn == on
		}
		return found
	})
}

// restart stops a role and starts it again.
func (s *sceneRig) restart(name string) {
	if code := s.roles[name].stop(); code != exitDone {
		s.t.Errorf("%s ended with exit code %d, want 0", name, code)
	}
	s.startRole(name)
}

// awaitOps waits until the service and what keeps notices answer.
func (s *sceneRig) awaitOps() {
	s.t.Helper()
	s.await("ops answers", time.Minute, func() bool {
		_, err := s.conn.Request("conversions.ops.notices", nil, time.Second)
		if err == nil {
			_, err = s.conn.Request("conversions.ops.list", []byte("{}"), time.Second)
		}
		return err == nil
	})
}

// sceneChannel has a webhook that nobody answers.
func sceneChannel(s *sceneRig) *scene {
	before := s.runbookRig.env
	s.runbookRig.env = append(before[:len(before):len(before)], "JETSHEET_OPS_NOTIFY_WEBHOOK_URL=http://127.0.0.1:1/hook", "JETSHEET_OPS_NOTIFY_WEBHOOK_SECRET=a secret of many letters")
	s.restart("ops")
	sc := s.failed(s.define(baseRows), jetsheet.CauseStatement)
	s.await("the channel fails", 2*time.Minute, func() bool {
		overview, err := notify.Read(s.t.Context(), s.js)
		s.check(err)
		return len(overview.Channels) > 0 && overview.Channels[0].Failing()
	})
	sc.prints = "connection refused"
	sc.steps["corrected"] = func() {
		s.runbookRig.env = before
		s.restart("ops")
		s.awaitOps()
	}
	return sc
}

// sceneNATSLost loses all that NATS has stored, in the middle of a run that no calendar
// asks for.
func sceneNATSLost(s *sceneRig) *scene {
	sc := s.define(`('a', '1', 1)`, "select 10 / n as each from", "select pg_sleep(n)::text as slept from")
	s.execute("insert into " + s.table + " select 't' || i, '1', 1 from generate_series(1, 30) i")
	s.begin()
	s.await("the first workbooks are done", time.Minute, func() bool { return s.done(s.id()) > 0 })
	kv, err := s.js.KeyValue(s.t.Context(), jetsheet.BucketFlags)
	s.check(err)
	document, err := kv.Get(s.t.Context(), jetsheet.FlagsKey)
	s.check(err)
	s.check(os.WriteFile(filepath.Join(s.dir, "cutover.json"), document.Value(), 0o600))
	s.roles["producer"].stop() // one that runs on knows the run by heart
	s.runbookRig.wipe()        // the server is the rig's, and outlives the scene
	sc.steps["started"] = func() {
		s.startRole("producer")
		s.awaitOps()
	}
	sc.prints = "create"
	return sc
}

// sceneNoWorker has no renderer.
func sceneNoWorker(s *sceneRig) *scene {
	s.roles["renderer"].stop()
	sc := s.define(`('a', '1', 1)`)
	s.begin()
	s.await("the request is queued", time.Minute, func() bool { run := s.record(s.id()); return run != nil && run.State == jetsheet.RunOpen })
	sc.steps["started"] = func() { s.startRole("renderer") }
	sc.prints = "no renderer asks for work"
	return sc
}

// asAdmin runs statements on the server, next to the installation's database.
func (s *sceneRig) asAdmin(statements ...string) error {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.t.Context()), time.Minute)
	defer cancel()
	address, err := url.Parse(s.database)
	s.check(err)
	name := strings.TrimPrefix(address.Path, "/")
	address.Path = "/postgres"
	conn, err := pgx.Connect(ctx, address.String())
	s.check(err)
	for _, statement := range statements {
		if err == nil {
			_, err = conn.Exec(ctx, strings.ReplaceAll(statement, "DATABASE", name))
		}
	}
	return errors.Join(err, conn.Close(ctx))
}

// hideDatabase puts out who is in and takes the database away. Somebody may come back in
// between, so it is tried until it has worked.
func (s *sceneRig) hideDatabase() {
	s.t.Helper()
	s.await("the database is away", time.Minute, func() bool {
		return s.asAdmin(`select pg_terminate_backend(pid) from pg_stat_activity where datname = 'DATABASE'`,
			`alter database "DATABASE" rename to "DATABASE_away"`) == nil
	})
	s.t.Cleanup(func() { s.bringDatabase() })
}

// bringDatabase brings the database back. It may be there already.
func (s *sceneRig) bringDatabase() {
	err := s.asAdmin(`alter database "DATABASE_away" rename to "DATABASE"`)
	if missing := (*pgconn.PgError)(nil); errors.As(err, &missing) && missing.Code == "3D000" {
		return
	}
	s.check(err)
}

// scenePaused takes the database away in the middle of a run.
func scenePaused(s *sceneRig) *scene {
	sc := s.define(`('a', '1', 1)`, "select 10 / n as each from", "select pg_sleep(n)::text as slept from")
	s.execute("insert into " + s.table + " select 't' || i, '1', 1 from generate_series(1, 60) i")
	s.begin()
	s.await("the first workbooks are done", time.Minute, func() bool { return s.done(s.id()) > 0 })
	s.hideDatabase()
	s.paused(jetsheet.ResourceDatabase)
	sc.steps["corrected"] = func() {
		s.bringDatabase()
		s.execute("update " + s.table + " set n = 0")
	}
	sc.prints = "database"
	return sc
}

// scenePausedFlags takes the flag document away.
func scenePausedFlags(s *sceneRig) *scene {
	sc := s.define(`('a', '1', 1)`)
	kv, err := s.js.KeyValue(s.t.Context(), jetsheet.BucketFlags)
	s.check(err)
	s.check(kv.Delete(s.t.Context(), jetsheet.FlagsKey))
	return sc
}

// scenePausedNATS loses the stream between renderer and uploader.
func scenePausedNATS(s *sceneRig) *scene {
	sc := s.define(`('a', '1', 1)`)
	s.check(s.js.DeleteStream(s.t.Context(), jetsheet.StreamRendered))
	s.begin()
	s.paused(jetsheet.ResourceNATS)
	return sc
}

// scenePausedObjectStore has a store that is too small, and nobody who empties it.
func scenePausedObjectStore(s *sceneRig) *scene {
	s.roles["uploader"].stop()
	sc := s.define(`('a', '1', 1)`)
	s.execute("insert into paused_object_store select 't' || i, '1', 1 from generate_series(1, 40) i")
	s.run(exitDone, "setup", "--setup-workbooks-bytes=65536")
	s.begin()
	s.paused(jetsheet.ResourceObjectStore)
	sc.steps["started"] = func() { s.startRole("uploader") }
	return sc
}

// scenePausedS3 loses the bucket while a workbook is on its way.
func scenePausedS3(s *sceneRig) *scene {
	s.roles["renderer"].stop()
	sc := s.define(`('a', '1', 1)`)
	s.begin()
	s.await("the request is queued", time.Minute, func() bool { run := s.record(s.id()); return run != nil && run.State == jetsheet.RunOpen })
	client := s.s3.Client()
	list, err := client.ListObjectsV2(s.t.Context(), &s3.ListObjectsV2Input{Bucket: &s.bucket})
	s.check(err)
	for _, object := range list.Contents {
		_, err := client.DeleteObject(s.t.Context(), &s3.DeleteObjectInput{Bucket: &s.bucket, Key: object.Key})
		s.check(err)
	}
	_, err = client.DeleteBucket(s.t.Context(), &s3.DeleteBucketInput{Bucket: &s.bucket})
	s.check(err)
	s.startRole("renderer")
	s.paused(jetsheet.ResourceS3)
	return sc
}

// sceneWorkerCrash has conversions that their worker does not survive.
func sceneWorkerCrash(s *sceneRig) *scene {
	sc := s.define(`('a', '1', 60), ('b', '1', 60)`, "select 10 / n as each from", "select pg_sleep(n)::text as slept from")
	kv, err := s.js.KeyValue(s.t.Context(), jetsheet.BucketProgress)
	s.check(err)
	starts := func(tenant string) int {
		entry, err := kv.Get(s.t.Context(), jetsheet.ProgressKey(jetsheet.StageRenderer, jetsheet.Conversion{Run: s.id(), Tenant: tenant, Target: "1"}))
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			return 0
		}
		s.check(err)
		var p jetsheet.Progress
		s.check(jetsheet.Decode(entry.Value(), &p))
		return len(p.Starts)
	}
	s.begin()
	seen := map[string]int{}
	for failed := false; !failed; {
		s.await("an attempt begins, or none does any more", time.Minute, func() bool {
			begun := false
			for _, tenant := range []string{"a", "b"} {
				n := starts(tenant)
				begun, seen[tenant] = begun || n > seen[tenant], n
			}
			failed = !begun && len(s.failures(jetsheet.CauseWorkerCrash)) == 2
			return begun || failed
		})
		if !failed {
			s.roles["renderer"].kill()
			s.startRole("renderer")
		}
	}
	s.execute("update " + s.table + " set n = 0")
	sc.prints = string(jetsheet.CauseWorkerCrash)
	return sc
}

// sceneDeadRequest takes requests again and again without working on them, in every attempt
// that they are given.
func sceneDeadRequest(s *sceneRig) *scene {
	s.roles["renderer"].stop()
	sc := s.define(baseRowsThatWork)
	s.begin()
	lane, err := s.js.Consumer(s.t.Context(), jetsheet.StreamConversions, jetsheet.LaneConsumer(jetsheet.LaneSmall))
	s.check(err)
	s.await("the requests are given up", time.Minute, func() bool {
		batch, err := lane.Fetch(2, jetstream.FetchMaxWait(time.Second))
		s.check(err)
		for m := range batch.Messages() {
			s.check(m.Nak())
		}
		return len(s.failures(jetsheet.CauseDeadRequest)) == 2
	})
	s.startRole("renderer")
	sc.prints = string(jetsheet.CauseDeadRequest)
	return sc
}

// sceneWorkbookLost loses every workbook between renderer and uploader.
func sceneWorkbookLost(s *sceneRig) *scene {
	rendered, err := s.js.Stream(s.t.Context(), jetsheet.StreamRendered)
	s.check(err)
	store, err := s.js.Stream(s.t.Context(), jetsheet.StoreStream(jetsheet.StoreWorkbooks))
	s.check(err)
	wait := func(what string, events uint64) {
		s.await(what, time.Minute, func() bool {
			info, err := rendered.Info(s.t.Context())
			s.check(err)
			return info.State.Msgs == events
		})
	}
	s.roles["uploader"].stop()
	sc := s.define(baseRowsThatWork)
	s.begin()
	for range jetsheet.MaxAttempts + 1 {
		wait("the workbooks are rendered", 2)
		s.check(store.Purge(s.t.Context()))
		s.roles["renderer"].stop()
		s.startRole("uploader")
		wait("the uploader misses them", 0)
		s.roles["uploader"].stop()
		s.startRole("renderer")
	}
	s.startRole("uploader")
	s.run(exitDifferences, "runs", "wait", s.report, "--timeout=1m")
	sc.prints = string(jetsheet.CauseWorkbookLost)
	return sc
}
