package nats_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/open-feature/go-sdk/openfeature"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
	"github.com/jetsheet/jetsheet/flags/provider"
	"github.com/jetsheet/jetsheet/ops"
	"github.com/jetsheet/jetsheet/ops/notify"
	"github.com/jetsheet/jetsheet/ops/templates"
	"github.com/jetsheet/jetsheet/uploader"
)

// The sites: 20 small ones, one whose workbook is larger than a chunk, one without
// records, and one whose second query fails when more than a chunk is
// stored.
const schema = `
create table sites (site text, readings int, fails bool);
insert into sites select 'small-' || n, 5, false from generate_series(1, 20) n;
insert into sites values ('huge', 42000, false), ('empty', 0, false), ('failing', 42000, true);
`

const definition = `
report: readings
schedule: {cron: "0 5 1 * *", timeZone: Asia/Tokyo, catchUp: latest}
period: month
targets: select 'acme' as tenant, site as target, readings as weight from sites
queries:
  readings: |
    select n, md5(n::text || @from::text) as value
    from sites, generate_series(1, readings) n where @tenant = 'acme' and site = @target
  problems:
    select 1 / (readings - readings) as problem from sites where @tenant = 'acme' and site = @target and fails
workbook: {sheets: [{name: "{target}", rows: readings}, {name: problems, rows: problems}]}
empty: skip
output: {key: "{tenant}/{period}/{target}.xlsx"}
lanes: {large: 1000}
`

const (
	wantDone   = 22 // published and skipped
	wantFailed = 1
)

func TestThePipelineRunsOnTheseRights(t *testing.T) {
	t.Parallel()
	i := install(t, schema)
	stop := i.startRoles()
	i.apply(definition)
	run := i.awaitScheduledRun()
	i.checkWorkbooks()
	i.startAgain(run)
	i.replayFailed(run)
	i.loseWorkbook(run)
	i.compareShadow(run)
	i.cancelComparison(run)
	i.fireTrigger()
	i.followDone()
	i.askService()
	i.askRoutesAsPrevious(run)
	i.readNotices(run)
	i.removeReport()
	i.storeTemplate()
	stop()
	i.readFlags()
	i.freezeAsPrevious()
	i.takeGroupBack()
	i.nothingRefused()
	i.nothingUnused()
}

// storeTemplate has people store and list a template, the producer look it up and the
// renderer read it.
func (i *installation) storeTemplate() {
	i.t.Helper()
	open := func(user string) *templates.Store {
		s, err := templates.Open(i.t.Context(), i.links[user].js)
		i.mustAs(user, err)
		return s
	}
	operator := open("operator")
	stored, err := operator.Put(i.t.Context(), templates.Draft{Name: "form", At: time.Now()}, []byte("content"))
	i.mustAs("operator", err)
	if all, err := operator.List(i.t.Context()); err != nil || len(all) != 1 {
		i.t.Errorf("operator lists %+v, %v", all, err)
	}
	found, err := open("producer").Get(i.t.Context(), "form", 0)
	i.mustAs("producer", err)
	if content, err := open("renderer").Bytes(i.t.Context(), found.SHA256); err != nil || string(content) != "content" || found.SHA256 != stored.SHA256 {
		i.t.Errorf("renderer reads %q, %v", content, err)
	}
}

// mustAs ends the test with an error and what NATS refused to the user.
func (i *installation) mustAs(user string, err error) {
	i.t.Helper()
	if err != nil {
		i.t.Fatalf("%s: %v; NATS said %q", user, err, i.links[user].all())
	}
}

// takeGroupBack promotes a group as a person does, and takes it back as ops does.
func (i *installation) takeGroupBack() {
	i.t.Helper()
	const document = `{"$evaluators": {"acme": {"in": [{"var": "targetingKey"}, ["acme"]]}}, "flags": {"cutover": {"state": "ENABLED",
		"variants": {"legacy": "legacy", "new": "new"}, "defaultVariant": "legacy", "targeting": {"if": [{"$ref": "acme"}, "new"]}}}}`
	ledger := func(user string) *flags.Ledger {
		l, err := flags.OpenLedger(i.t.Context(), i.links[user].js)
		if err != nil {
			i.t.Fatalf("%s: %v; NATS said %q", user, err, i.links[user].all())
		}
		return l
	}
	operator := ledger("operator")
	newest, err := operator.Newest(i.t.Context())
	if err == nil {
		newest, err = operator.Put(i.t.Context(), []byte(document), newest.Number, flags.Attribution{Author: "operator", Reason: "pilot"})
	}
	if err != nil {
		i.t.Fatalf("promote a group: %v; NATS said %q", err, i.links["operator"].all())
	}
	parsed, err := newest.Document()
	if err != nil {
		i.t.Fatal(err)
	}
	back, err := ledger("ops").TakeBack(i.t.Context(), flags.TakeBack{
		Group: "acme", Period: "2026-10", FrozenRevision: newest.Number, FrozenSHA256: parsed.SHA256(), Author: "ops", Reason: "failures",
	})
	if err != nil || back == nil {
		i.t.Errorf("take a group back: %v, %v; NATS said %q", back, err, i.links["ops"].all())
	}
}

// awaitScheduledRun waits, as a person would, for the run that the producer starts.
func (i *installation) awaitScheduledRun() jetsheet.RunID {
	i.t.Helper()
	reader, err := ops.NewReader(i.t.Context(), i.links["operator"].js)
	if err != nil {
		i.t.Fatalf("read runs: %v; NATS said %q", err, i.links["operator"].all())
	}
	var run ops.RunInfo
	eventually(i.t, "the scheduled run closes", func() bool {
		runs, err := reader.Runs(i.t.Context(), ops.RunFilter{Report: "readings"})
		if err != nil {
			i.t.Fatalf("read runs: %v; NATS said %q", err, i.links["operator"].all())
		}
		if len(runs) > 0 {
			run = runs[0]
		}
		return run.State == jetsheet.RunClosed
	})
	if run.Counts.Done != wantDone || run.Counts.Failed != wantFailed || run.Counts.Pending != 0 {
		i.t.Errorf("run %s: got %+v, want %d done and %d failed", run.Run, run.Counts, wantDone, wantFailed)
	}
	if _, err := reader.Run(i.t.Context(), run.Run); err != nil {
		i.t.Errorf("read run %s: %v", run.Run, err)
	}
	listed := 0
	_, err = reader.Workbooks(i.t.Context(), ops.WorkbookFilter{Run: run.Run.String()}, func(*ops.Workbook) error {
		listed++
		return nil
	})
	if err != nil || listed != wantDone+wantFailed {
		i.t.Errorf("list workbooks: got %d and %v, want %d", listed, err, wantDone+wantFailed)
	}
	return run.Run
}

// checkWorkbooks looks at S3, and that no chunk is left in the object store.
func (i *installation) checkWorkbooks() {
	i.t.Helper()
	objects := i.objects()
	if len(objects) != wantDone-1 {
		i.t.Errorf("%d workbooks on S3, want %d: %v", len(objects), wantDone-1, objects)
	}
	largest := int64(0)
	for _, size := range objects {
		largest = max(largest, size)
	}
	if largest <= 2*jetsheet.ChunkBytes {
		i.t.Errorf("the largest workbook has %d bytes; it was to be of several chunks of %d", largest, jetsheet.ChunkBytes)
	}
	store := i.streamOf("operator", "OBJ_"+jetsheet.StoreWorkbooks)
	eventually(i.t, "the object store is empty, also of the chunks of the failed workbook", func() bool {
		info, err := store.Info(i.t.Context())
		if err != nil {
			i.t.Fatal(err)
		}
		return info.State.Msgs == 0
	})
}

// startAgain asks ops, as a person does, for one workbook of a run again.
func (i *installation) startAgain(run jetsheet.RunID) {
	i.t.Helper()
	client := ops.Client{Conn: i.links["operator"].conn}
	_, err := client.Start(i.t.Context(), ops.StartRequest{Report: "nonsense"})
	if refusal := new(ops.Error); !errors.As(err, &refusal) {
		i.t.Errorf("start of an unknown report: got %v, want the service's refusal", err)
	}
	answer, err := client.Start(i.t.Context(), ops.StartRequest{
		Report: "readings", Tick: run.Tick.Format(time.RFC3339), Tenant: "acme", Target: "small-1", Again: true,
	})
	if err != nil {
		i.t.Fatalf("start again: %v; NATS said %q and %q", err, i.links["operator"].all(), i.links["ops"].all())
	}
	i.awaitDone(jetsheet.Conversion{Run: answer.Run, Tenant: "acme", Target: "small-1"}, jetsheet.DonePublished)
}

// replayFailed has the failed workbook tried again; it fails again.
func (i *installation) replayFailed(run jetsheet.RunID) {
	i.t.Helper()
	client := ops.Client{Conn: i.links["operator"].conn}
	answer, err := client.Replay(i.t.Context(), ops.ReplayRequest{FailureFilter: ops.FailureFilter{Run: run.String()}, By: "test"})
	if err != nil || answer.Queued != wantFailed {
		i.t.Fatalf("replay: got %+v, %v, want %d queued; NATS said %q", answer, err, wantFailed, i.links["ops"].all())
	}
	eventually(i.t, "the replayed workbook has failed again", func() bool {
		status, err := client.ReplayStatus(i.t.Context(), answer.ID)
		if err != nil {
			i.t.Fatalf("status of the replay: %v", err)
		}
		return status.Now.Failed == wantFailed
	})
}

// awaitDone waits for a done record as user operator.
func (i *installation) awaitDone(c jetsheet.Conversion, want jetsheet.DoneState) {
	i.t.Helper()
	stream := i.streamOf("operator", jetsheet.StreamDone)
	var done jetsheet.Done
	eventually(i.t, "a done record of "+c.String(), func() bool {
		m, err := stream.GetLastMsgForSubject(i.t.Context(), jetsheet.DoneSubject(c))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return false
		}
		if err == nil {
			err = jetsheet.Decode(m.Data, &done)
		}
		if err != nil {
			i.t.Fatalf("read the done record of %s: %v", c, err)
		}
		return true
	})
	if done.State != want {
		i.t.Errorf("%s: got %s, want %s", c, done.State, want)
	}
}

// compareShadow tells the uploader of a workbook of a tenant routed shadow, in a report that
// does not name the previous system's: that is said at once.
func (i *installation) compareShadow(run jetsheet.RunID) {
	i.t.Helper()
	i.awaitDone(i.announceShadow(run, "shadow", ""), jetsheet.DoneCompared)
}

// announceShadow tells the uploader of a workbook to compare with the one under a key.
func (i *installation) announceShadow(run jetsheet.RunID, target, previous string) jetsheet.Conversion {
	i.t.Helper()
	request := jetsheet.Request{
		Envelope: jetsheet.CurrentEnvelope(), Run: run,
		Target: jetsheet.Target{Tenant: "acme", Target: target, Route: jetsheet.RouteShadow, Lane: jetsheet.LaneBulk, Key: "acme/" + target + ".xlsx", Previous: previous},
	}
	body, err := json.Marshal(request)
	if err != nil {
		i.t.Fatal(err)
	}
	event, err := json.Marshal(jetsheet.Rendered{
		Envelope: jetsheet.CurrentEnvelope(), Request: body, Object: "shadow", NUID: "shadow", SizeBytes: 1, SHA256: strings.Repeat("0", 64),
	})
	if err != nil {
		i.t.Fatal(err)
	}
	if _, err := i.links["renderer"].js.Publish(i.t.Context(), jetsheet.RenderedSubject(request.Route, request.Conversion()), event); err != nil {
		i.t.Fatalf("announce a workbook to compare: %v", err)
	}
	return request.Conversion()
}

// cancelComparison marks the run as cancelled while a workbook waits to be compared.
func (i *installation) cancelComparison(run jetsheet.RunID) {
	i.t.Helper()
	c := i.announceShadow(run, "waiting", "nowhere.xlsx")
	consumer, err := i.links["operator"].js.Consumer(i.t.Context(), jetsheet.StreamRendered, jetsheet.ConsumerUploaderShadow)
	if err != nil {
		i.t.Fatal(err)
	}
	eventually(i.t, "the comparison is put off", func() bool {
		info, err := consumer.Info(i.t.Context())
		if err != nil {
			i.t.Fatal(err)
		}
		return info.NumAckPending == 1 && info.NumRedelivered == 1 // for longer than a moment
	})
	runs := i.bucketOf("ops", jetsheet.BucketRuns)
	entry, err := runs.Get(i.t.Context(), jetsheet.RunKey(run))
	if err != nil {
		i.t.Fatal(err)
	}
	record := strings.Replace(string(entry.Value()), "{", `{"cancelled":{"at":"`+time.Now().UTC().Format(time.RFC3339Nano)+`","by":"ann"},`, 1)
	if _, err := runs.Update(i.t.Context(), jetsheet.RunKey(run), []byte(record), entry.Revision()); err != nil {
		i.t.Fatalf("mark the run: %v; NATS said %q", err, i.links["ops"].all())
	}
	failed := i.streamOf("operator", jetsheet.StreamFailed)
	eventually(i.t, "the comparison has failed as cancelled", func() bool {
		_, err := failed.GetLastMsgForSubject(i.t.Context(), jetsheet.FailedSubject(c))
		if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
			i.t.Fatal(err)
		}
		return err == nil
	})
}

// loseWorkbook tells the uploader of a workbook that is not in the object store: it
// asks for it again, and the renderer finds no records.
func (i *installation) loseWorkbook(run jetsheet.RunID) {
	i.t.Helper()
	request := jetsheet.Request{
		Envelope: jetsheet.CurrentEnvelope(), Run: run,
		Target: jetsheet.Target{
			Tenant: "acme", Target: "lost", Route: jetsheet.RouteNew, Lane: jetsheet.LaneBulk, TimeZone: "Asia/Tokyo",
			Period: jetsheet.Period{From: run.Tick.AddDate(0, -1, 0), Until: run.Tick, Label: "lost"}, Key: "acme/lost.xlsx",
		},
	}
	body, err := json.Marshal(request)
	if err != nil {
		i.t.Fatal(err)
	}
	event, err := json.Marshal(jetsheet.Rendered{
		Envelope: jetsheet.CurrentEnvelope(), Request: body, Object: jetsheet.WorkbookObject(request.Conversion(), "lost"),
		SizeBytes: 7, SHA256: strings.Repeat("0", 64), Rows: 1, Sheets: 1, Worker: "renderer-0", Version: "test", At: time.Now().UTC(),
	})
	if err != nil {
		i.t.Fatal(err)
	}
	if _, err := i.links["renderer"].js.Publish(i.t.Context(), jetsheet.RenderedSubject(jetsheet.RouteNew, request.Conversion()), event); err != nil {
		i.t.Fatalf("publish event: %v", err)
	}
	i.awaitDone(request.Conversion(), jetsheet.DoneSkipped)
}

// fireTrigger lets a schedule fire now, and waits until the producer has taken the
// trigger.
func (i *installation) fireTrigger() {
	i.t.Helper()
	consumer, err := i.links["operator"].js.Consumer(i.t.Context(), jetsheet.StreamTriggers, jetsheet.ConsumerProducer)
	if err != nil {
		i.t.Fatal(err)
	}
	var fires time.Time
	eventually(i.t, "the producer has taken the trigger", func() bool {
		// Again and again: the producer removes schedules of reports that it does not know.
		if now := time.Now(); now.After(fires.Add(time.Second)) {
			fires = now
			i.schedule("once", fires)
		}
		info, err := consumer.Info(i.t.Context())
		if err != nil {
			i.t.Fatal(err)
		}
		return info.AckFloor.Consumer > 0
	})
}

// schedule sets a schedule as user producer.
func (i *installation) schedule(report string, at time.Time) {
	i.t.Helper()
	_, err := i.links["producer"].js.PublishMsg(i.t.Context(), &nats.Msg{Subject: jetsheet.ScheduleSubject(report), Header: nats.Header{}},
		jetstream.WithScheduleAt(at), jetstream.WithScheduleTarget(jetsheet.TriggerSubject(report)))
	if err != nil {
		i.t.Fatalf("publish schedule: %v; NATS said %q", err, i.links["producer"].all())
	}
}

// followDone is a program of the user's.
func (i *installation) followDone() {
	i.t.Helper()
	consumer, err := i.links["exports"].js.CreateOrUpdateConsumer(i.t.Context(), jetsheet.StreamDone, jetstream.ConsumerConfig{
		Durable: "exports", AckPolicy: jetstream.AckExplicitPolicy, FilterSubject: jetsheet.SubjectDone,
	})
	if err != nil {
		i.t.Fatalf("follow done records: %v; NATS said %q", err, i.links["exports"].all())
	}
	const want = wantDone + 2 // the one made again, and the lost one
	batch, err := consumer.Fetch(want, jetstream.FetchMaxWait(20*time.Second))
	if err != nil {
		i.t.Fatal(err)
	}
	got := 0
	for m := range batch.Messages() {
		if err := m.DoubleAck(i.t.Context()); err != nil {
			i.t.Fatalf("acknowledge a done record: %v; NATS said %q", err, i.links["exports"].all())
		}
		got++
	}
	if got != want || batch.Error() != nil {
		i.t.Errorf("followed %d done records and %v, want %d", got, batch.Error(), want)
	}
}

// readFlags is a program of the user's that reads flags through OpenFeature.
func (i *installation) readFlags() {
	i.t.Helper()
	source, err := provider.KV(i.links["flags"].js, jetsheet.BucketFlags, jetsheet.FlagsKey)
	if err != nil {
		i.t.Fatal(err)
	}
	p, err := provider.New(provider.Config{Source: source})
	if err != nil {
		i.t.Fatal(err)
	}
	if err := p.Init(openfeature.EvaluationContext{}); err != nil {
		i.t.Fatalf("start the flag provider: %v; NATS said %q", err, i.links["flags"].all())
	}
	defer p.Shutdown()
	if got := p.StringEvaluation(i.t.Context(), flags.FlagKey, "", nil); got.Value != string(jetsheet.RouteNew) {
		i.t.Errorf("the flag is %+v, want new", got)
	}
}

// freezeAsPrevious is the previous system: it freezes a run that nobody knows yet.
func (i *installation) freezeAsPrevious() {
	i.t.Helper()
	frozen, err := flags.Freeze(i.t.Context(), flags.Stores{
		Runs: i.bucketOf("previous", jetsheet.BucketRuns), Flags: i.bucketOf("previous", jetsheet.BucketFlags),
		Records: uploader.Records{Client: i.s3, Bucket: i.bucket},
	}, flags.Request{
		Run:        jetsheet.RunID{Report: "readings", Tick: time.Date(2020, 1, 31, 20, 0, 0, 0, time.UTC)},
		Definition: definition, By: "previous", Now: time.Now(),
	})
	if err != nil || frozen.FrozenBy != "previous" {
		i.t.Fatalf("freeze a run as the previous system: %+v, %v; NATS said %q", frozen, err, i.links["previous"].all())
	}
}

// askService asks as the nats CLI does.
func (i *installation) askService() {
	i.t.Helper()
	for subject, body := range map[string]string{
		"$SRV.PING": "", "$SRV.INFO.conversions": "", "$SRV.STATS": "",
		"conversions.ops.list": `{"of":"workbooks","run":"readings"}`, "conversions.ops.status": `{"run":"readings"}`,
	} {
		m, err := i.links["operator"].conn.Request(subject, []byte(body), 20*time.Second)
		if err != nil {
			i.t.Errorf("ask %s: %v", subject, err)
			continue
		}
		if code := m.Header.Get("Nats-Service-Error-Code"); code != "" {
			i.t.Errorf("ask %s: got %s: %s", subject, code, m.Data)
		}
	}
}

// askRoutesAsPrevious is a previous system in any language.
func (i *installation) askRoutesAsPrevious(run jetsheet.RunID) {
	i.t.Helper()
	previous := i.links["previous"]
	m, err := previous.conn.Request("conversions.ops.routes", []byte(`{"run":"`+run.String()+`","tenants":["t"]}`), 20*time.Second)
	if err != nil || !strings.Contains(string(m.Data), `"previous":false`) {
		i.t.Errorf("ask for routes: %v, %v, want one that is not the previous system's; NATS said %q", m, err, previous.all())
	}
}

// readNotices waits until people were told of the failure, and reads of it.
func (i *installation) readNotices(run jetsheet.RunID) {
	i.t.Helper()
	operator := i.links["operator"]
	eventually(i.t, "somebody is told of the failure", func() bool { return i.told.messages.Load() > 0 })
	o, err := notify.Read(i.t.Context(), operator.js)
	if err != nil || len(o.Channels) != 1 || len(o.Notices) == 0 {
		i.t.Errorf("read notices: %v, %+v; NATS said %q", err, o, operator.all())
	}
	if m, err := operator.conn.Request(notify.Subject, nil, 20*time.Second); err != nil || !strings.Contains(string(m.Data), run.String()) {
		i.t.Errorf("ask for notices: %v, %v, want one of run %s", m, err, run)
	}
}

// removeReport takes the report away; the producer then removes its schedule.
func (i *installation) removeReport() {
	i.t.Helper()
	if err := i.bucketOf("operator", jetsheet.BucketReports).Delete(i.t.Context(), jetsheet.ReportKey("readings")); err != nil {
		i.t.Fatal(err)
	}
	triggers := i.streamOf("operator", jetsheet.StreamTriggers)
	eventually(i.t, "the schedule is gone", func() bool {
		info, err := triggers.Info(i.t.Context(), jetstream.WithSubjectFilter(jetsheet.SubjectSchedules))
		if err != nil {
			i.t.Fatal(err)
		}
		return len(info.State.Subjects) == 0
	})
}
