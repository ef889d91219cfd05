package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
	"github.com/jetsheet/jetsheet/ops"
)

// runbookTick is the tick of every run here.
const runbookTick = "2026-10-31T20:00:00Z"

// runbookRig is an installation with a shell in which the pages are followed.
type runbookRig struct {
	*installation

	roles    map[string]*role
	front    *s3Front
	dir      string
	shellEnv []string
}

// buildNATS builds the nats CLI of deploy/tools and returns its directory.
func buildNATS(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", dir, "github.com/nats-io/natscli/nats")
	build.Dir = filepath.Join("..", "..", "deploy", "tools", "nats")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the nats CLI: %v\n%s", err, output)
	}
	return dir
}

func newRunbookRig(t *testing.T, natsDir string) *runbookRig {
	t.Helper()
	r := &runbookRig{installation: install(t, ""), roles: map[string]*role{}, dir: t.TempDir()}
	r.front = r.frontS3()
	values := map[string]string{}
	for _, pair := range r.env {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = value
	}
	values["PATH"] = natsDir + string(os.PathListSeparator) + os.Getenv("PATH")
	values["NATS_URL"] = values["JETSHEET_NATS_URL"] // for the nats CLI
	values["JETSHEET_SETUP_ACK_WAIT"] = "2s"         // where a page runs setup on nothing
	for name, value := range values {
		r.shellEnv = append(r.shellEnv, name+"="+value)
	}
	return r
}

func (r *runbookRig) startRoles() {
	for _, name := range []string{"producer", "renderer", "uploader", "ops"} {
		r.startRole(name)
	}
	r.await("ops answers", time.Minute, func() bool {
		_, err := r.conn.Request("conversions.ops.list", []byte("{}"), time.Second)
		return err == nil
	})
}

func (r *runbookRig) startRole(name string) {
	r.roles[name] = r.start(name, map[string][]string{
		"producer": {"--producer-claim-ttl=2s", "--producer-interval=2s"},
		"renderer": {"--renderer-slots=8", "--renderer-deadline=10s"},
		"ops":      {},
	}[name]...)
}

// of returns the rig for one scene. Its report has the page's name.
func (r *runbookRig) of(t *testing.T, page string) *sceneRig {
	t.Helper()
	inner := *r.installation
	inner.t = t
	name := strings.ToLower(page)
	return &sceneRig{runbookRig: r, installation: &inner, table: name, report: strings.ReplaceAll(name, "_", "-")}
}

// sceneRig sets one scene.
type sceneRig struct {
	*runbookRig
	*installation

	table, report string
}

// baseReport makes a workbook of each row of its table.
const baseReport = `report: REPORT
period: month
timeZone: Asia/Tokyo
targets: select tenant, target, name from TABLE
queries:
  rows: select 10 / n as each from TABLE where tenant = @tenant and target = @target
workbook: {sheets: [{name: Rows, rows: rows}]}
output: {key: "TABLE/{tenant}/{period}/{target}.xlsx"}
`

// baseRows are three rows that cannot be divided by and one that can.
const baseRows = `('a', '1', 0), ('b', '1', 0), ('c', '1', 1), ('d', '1', 0)`

// define makes the table and applies the report; edits are pairs of old and new text of
// the definition.
func (s *sceneRig) define(rows string, edits ...string) *scene {
	s.t.Helper()
	s.execute("create table " + s.table + " (tenant text, target text, n int default 1, name text default 'x')")
	s.execute("insert into " + s.table + " values " + rows)
	s.run(exitDone, "reports", "apply", s.write(edits...))
	return s.sceneOf()
}

// write writes the definition and returns its directory.
func (s *sceneRig) write(edits ...string) string {
	s.t.Helper()
	text := strings.NewReplacer(edits...).Replace(baseReport)
	text = strings.NewReplacer("REPORT", s.report, "TABLE", s.table).Replace(text)
	dir := filepath.Join(s.dir, s.report)
	s.check(os.MkdirAll(dir, 0o700))
	s.check(os.WriteFile(filepath.Join(dir, s.report+".yaml"), []byte(text), 0o600))
	return dir
}

// baseRowsThatWork are rows that can be divided by.
const baseRowsThatWork = `('a', '1', 1), ('b', '1', 1)`

// redefine corrects the definition that was written; edits are pairs of old and new text.
func (s *sceneRig) redefine(edits ...string) {
	s.t.Helper()
	file := filepath.Join(s.dir, s.report, s.report+".yaml")
	text, err := os.ReadFile(file)
	s.check(err)
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(string(text), edits[i]) {
			s.t.Fatalf("the definition has no %q:\n%s", edits[i], text)
		}
	}
	s.check(os.WriteFile(file, []byte(strings.NewReplacer(edits...).Replace(string(text))), 0o600))
}

// sceneOf is a scene of a report that was applied.
func (s *sceneRig) sceneOf() *scene {
	return &scene{
		values: map[string]string{
			"REPORT": s.report, "TICK": runbookTick, "TENANT": "a", "TARGET": "1", "DIR": s.report, "FILE": s.report + "/" + s.report + ".yaml",
			"RUN": s.id().String(), "CONVERSION": s.conversion("a", "1"),
		},
		steps: map[string]func(){},
	}
}

func (s *sceneRig) check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *sceneRig) id() jetsheet.RunID {
	at, err := time.Parse(time.RFC3339, runbookTick)
	s.check(err)
	return jetsheet.RunID{Tick: at, Report: s.report}
}

func (s *sceneRig) conversion(tenant, target string) string {
	return jetsheet.Conversion{Run: s.id(), Tenant: tenant, Target: target}.String()
}

// begin starts the run.
func (s *sceneRig) begin() {
	s.t.Helper()
	s.run(exitDone, "runs", "start", s.report, "--tick", runbookTick)
}

// corrects gives the scene the step in which somebody corrects the data.
func (s *sceneRig) corrects(sc *scene, statement string) *scene {
	sc.steps["corrected"] = func() { s.execute(strings.ReplaceAll(statement, "TABLE", s.table)) }
	return sc
}

// failed plays the run to its end and waits for failures of a cause; the first of them is
// the page's conversion.
func (s *sceneRig) failed(sc *scene, cause jetsheet.Cause) *scene {
	s.t.Helper()
	s.begin()
	s.run(exitDifferences, "runs", "wait", s.report, "--timeout=4m")
	sc.prints = string(cause)
	for _, f := range s.failures(cause) {
		sc.values["CONVERSION"] = f.Conversion
		return sc
	}
	s.t.Fatalf("nothing failed of %s", cause)
	return nil
}

// failures lists the run's failures of a cause, or with "" all, by conversion.
func (s *sceneRig) failures(cause jetsheet.Cause) []*ops.FailureInfo {
	s.t.Helper()
	list, _ := s.run(exitDone, "failures", "list", "--run", s.id().String(), "--cause="+string(cause), "--limit=0", "--json")
	var failures []*ops.FailureInfo
	for line := range strings.Lines(list) {
		var f ops.FailureInfo
		s.check(json.Unmarshal([]byte(line), &f))
		failures = append(failures, &f)
	}
	slices.SortFunc(failures, func(a, b *ops.FailureInfo) int { return strings.Compare(a.Conversion, b.Conversion) })
	return failures
}

// planted is a scene of a cause that is not brought about: conversions fail for
// another reason, which is mended at once, and their records are given the cause. What
// the page's commands do about them is real.
func (s *sceneRig) planted(stage jetsheet.Stage, message string) *scene {
	s.t.Helper()
	cause := jetsheet.Cause(s.table)
	sc := s.failed(s.define(baseRows), jetsheet.CauseStatement)
	failures := s.failures(jetsheet.CauseStatement)
	s.execute("update " + s.table + " set n = 1")
	for _, f := range failures {
		address, err := ops.ParseConversion(f.Conversion)
		s.check(err)
		stream, err := s.js.Stream(s.t.Context(), jetsheet.StreamFailed)
		s.check(err)
		stored, err := stream.GetLastMsgForSubject(s.t.Context(), address.FailedSubject())
		s.check(err)
		record, err := jetsheet.ParseFailure(stored.Header, stored.Data)
		s.check(err)
		record.Stage, record.Cause, record.Message, record.Attempts = stage, cause, message, jetsheet.MaxAttempts
		_, err = s.js.PublishMsg(s.t.Context(), record.Msg(address.FailedSubject()))
		s.check(err)
	}
	sc.prints = string(cause)
	sc.steps["corrected"] = func() {} // it is
	return sc
}

// freezeHeld starts the run of the page about held while every tenant is routed hold.
func (r *runbookRig) freezeHeld() {
	s := r.of(r.t, string(jetsheet.CauseHeld))
	kv, err := r.js.KeyValue(r.t.Context(), jetsheet.BucketFlags)
	s.check(err)
	before, err := kv.Get(r.t.Context(), jetsheet.FlagsKey)
	s.check(err)
	_, err = kv.Put(r.t.Context(), jetsheet.FlagsKey, flags.InitialDocument(jetsheet.RouteHold))
	s.check(err)
	s.define(`('a', '1', 1), ('b', '1', 1)`)
	s.begin()
	_, err = kv.Put(r.t.Context(), jetsheet.FlagsKey, before.Value())
	s.check(err)
}

// publish publishes a message that is no request.
func (s *sceneRig) publish(subject, body string) {
	s.t.Helper()
	_, err := s.js.PublishMsg(s.t.Context(), &nats.Msg{Subject: subject, Data: []byte(body)})
	s.check(err)
}
