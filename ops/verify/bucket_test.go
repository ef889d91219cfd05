package verify

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report"
)

const testBucket = "exports"

// testVerifier is a verifier of a run without a plan, on a server that keeps versions.
// It refuses requests whose query has one of the words.
func testVerifier(t *testing.T, refused ...string) *verifier {
	t.Helper()
	server := gofakes3.New(s3mem.New()).Server()
	listening := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if slices.ContainsFunc(refused, r.URL.Query().Has) {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if r.Method == http.MethodHead && r.URL.Query().Has("versionId") {
			// This server's HEAD knows the current version only; its GET knows all. The body is
			// dropped on the way.
			r = r.Clone(r.Context())
			r.Method = http.MethodGet
		}
		server.ServeHTTP(w, r)
	}))
	t.Cleanup(listening.Close)
	client := s3.New(s3.Options{
		BaseEndpoint: aws.String(listening.URL), UsePathStyle: true, Region: "us-east-1",
		Credentials:                credentials.NewStaticCredentialsProvider("key", "secret", ""),
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
	})
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(testBucket)}); err != nil {
		t.Fatal(err)
	}
	definition, err := report.Parse("report.yaml", []byte(`
report: r
period: month
targets: select 1 as tenant, 1 as target
queries: {rows: select @tenant}
workbook: {sheets: [{name: s, rows: rows}]}
output: {key: "files/{tenant}/{period}/{target}.xlsx"}
`))
	if err != nil {
		t.Fatal(err)
	}
	run := &jetsheet.Run{State: jetsheet.RunClosed}
	run.Frozen.Run = jetsheet.RunID{Tick: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Report: "r"}
	run.Frozen.FrozenAt = time.Now()
	return &verifier{
		cfg: Config{Bucket: testBucket, Concurrency: 2}, run: run, s3: client, definition: definition,
		findings: &findings{}, keys: map[digest]bool{}, planned: map[digest]planned{},
	}
}

func (v *verifier) put(t *testing.T, key string, meta map[string]string) {
	t.Helper()
	_, err := v.s3.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(testBucket), Key: &key, Metadata: meta, Body: bytes.NewReader([]byte(key)),
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestVersionsAreCounted(t *testing.T) {
	t.Parallel()
	v := testVerifier(t)
	id := v.run.ID().String()
	own, other := map[string]string{metaRun: id}, map[string]string{metaRun: "20261101T000000Z-r-7"}
	const key = "files/a/2026-10/1.xlsx"
	v.keys[digestOf(key)] = true
	if err := v.countVersions(t.Context()); err != nil || v.findings.report.Versions != 0 {
		t.Errorf("without versioning: %v, %d versions, want none", err, v.findings.report.Versions)
	}
	_, err := v.s3.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket: aws.String(testBucket), VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, meta := range []map[string]string{own, other, own, own} { // the last is current
		v.put(t, key, meta)
	}
	v.put(t, "files/a/2026-10/not-planned.xlsx", own)
	v.put(t, "files/a/2026-10/not-planned.xlsx", own)
	if err := v.countVersions(t.Context()); err != nil || v.findings.report.Versions != 2 || v.findings.report.ProblemCount != 0 {
		t.Errorf("got %v, %d versions, %d problems, want 2 versions", err, v.findings.report.Versions, v.findings.report.ProblemCount)
	}
}

// TestRefusalsAreNotices holds that what may not be looked at is said, and no failure.
func TestRefusalsAreNotices(t *testing.T) {
	t.Parallel()
	v := testVerifier(t, "versioning", "uploads", "list-type")
	for _, step := range []func() error{
		func() error { return v.checkBucket(t.Context()) },
		func() error { return v.checkUploads(t.Context()) },
		func() error { return v.countVersions(t.Context()) },
	} {
		if err := step(); err != nil {
			t.Errorf("a refusal is an error: %v", err)
		}
	}
	notices := strings.Join(v.findings.report.Notices, "\n")
	if len(v.findings.report.Notices) != 3 || !strings.Contains(notices, "may not be listed") || !strings.Contains(notices, "may not be asked") {
		t.Errorf("notices:\n%s\nwant three", notices)
	}
	v = testVerifier(t)
	v.cfg.Bucket = "no-such-bucket"
	if err := v.checkBucket(t.Context()); err == nil || !strings.Contains(err.Error(), "no-such-bucket") {
		t.Errorf("a bucket that is not there: %v, want an error that names it", err)
	}
}

// TestOnlyNewObjectsAreAsked holds that objects from before the run cost nothing but
// their line in the list.
func TestOnlyNewObjectsAreAsked(t *testing.T) {
	t.Parallel()
	v := testVerifier(t)
	meta := map[string]string{metaRun: v.run.ID().String(), metaConversion: v.run.ID().String() + "/a/1"}
	v.put(t, "files/a/extra.xlsx", meta)
	v.put(t, "files/a/known.xlsx", meta)
	v.put(t, "elsewhere/extra.xlsx", meta) // no key of the definition begins so
	v.put(t, jetsheet.RecordPrefix+"runs/x", meta)
	v.keys[digestOf("files/a/known.xlsx")] = true
	if err := v.checkBucket(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := v.findings.report; r.ObjectsListed != 2 || r.ObjectsAsked != 1 || r.Kinds[KindObjectUnexpected] != 1 {
		t.Errorf("%d listed, %d asked, %v, want 2, 1 and one unexpected", r.ObjectsListed, r.ObjectsAsked, r.Kinds)
	}
	v.run.Frozen.FrozenAt = time.Now().Add(time.Hour)
	v.findings = &findings{}
	if err := v.checkBucket(t.Context()); err != nil || v.findings.report.ObjectsAsked != 0 || v.findings.report.ObjectsListed != 2 {
		t.Errorf("%v, %d asked of %d, want none: all are older than the run", err, v.findings.report.ObjectsAsked, v.findings.report.ObjectsListed)
	}
}
