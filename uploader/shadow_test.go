package uploader

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// Every kind of difference in one place is found there, and what carries no meaning is not.
func TestShadowFindsEachKind(t *testing.T) {
	t.Parallel()
	r := setupShadow(t)
	r.run(r.uploader())
	ours := testWorkbook(t)
	for name, test := range map[string]struct {
		change func(f *excelize.File) error
		want   jetsheet.Difference // the zero one is equal
		// direct: no records could explain it, so no second workbook is asked for.
		direct bool
	}{
		"same":                {change: func(*excelize.File) error { return nil }},
		"document properties": {change: func(f *excelize.File) error { return f.SetDocProps(&excelize.DocProperties{Creator: "old"}) }},
		"column widths":       {change: func(f *excelize.File) error { return f.SetColWidth("Data", "A", "B", 44) }},
		"unused styles": {change: func(f *excelize.File) error {
			_, err := f.NewStyle(&excelize.Style{NumFmt: 4})
			return err
		}},
		"value": {
			change: set("B3", 31),
			want:   jetsheet.Difference{Sheet: "Data", Cell: "B3", Column: "Size", What: jetsheet.DifferentValue, Ours: "30", Previous: "31"},
		},
		"text": {
			change: set("A4", "name 4 "),
			want:   jetsheet.Difference{Sheet: "Data", Cell: "A4", Column: "Name", What: jetsheet.DifferentValue, Ours: "name 4", Previous: "name 4 "},
		},
		"type": {
			change: set("B3", "30"),
			want:   jetsheet.Difference{Sheet: "Data", Cell: "B3", Column: "Size", What: jetsheet.DifferentType, Ours: "number 30", Previous: "text 30"},
		},
		"cell too many": {
			change: set("C3", 1),
			want:   jetsheet.Difference{Sheet: "Data", Cell: "C3", What: jetsheet.DifferentType, Ours: "empty ", Previous: "number 1"},
		},
		"row missing": {
			change: func(f *excelize.File) error { return errors.Join(set("A5", nil)(f), set("B5", 50)(f)) },
			want:   jetsheet.Difference{Sheet: "Data", Cell: "A5", Column: "Name", What: jetsheet.DifferentType, Ours: "text name 5", Previous: "empty "},
		},
		"sheet too many": {
			change: func(f *excelize.File) error {
				_, err := f.NewSheet("More")
				return err
			},
			want: jetsheet.Difference{Sheet: "More", What: jetsheet.DifferentSheet, Previous: "More"},
		},
		"number format": {
			change: percent, direct: true,
			want: jetsheet.Difference{Sheet: "Data", Cell: "B3", Column: "Size", What: jetsheet.DifferentFormat, Ours: "General", Previous: "0%"},
		},
		"formula": {
			change: func(f *excelize.File) error { return f.SetCellFormula("Data", "C3", "10*3") }, direct: true,
			want: jetsheet.Difference{Sheet: "Data", Cell: "C3", What: jetsheet.DifferentFormula, Previous: "10*3"},
		},
		"merge": {
			change: func(f *excelize.File) error { return f.MergeCell("Data", "A9", "B9") }, direct: true,
			want: jetsheet.Difference{Sheet: "Data", Cell: "A9:B9", What: jetsheet.DifferentMerge, Previous: "A9:B9"},
		},
		"visibility": {
			change: func(f *excelize.File) error { return f.SetSheetVisible("Notes", false) }, direct: true,
			want: jetsheet.Difference{Sheet: "Notes", What: jetsheet.DifferentVisibility, Ours: "visible", Previous: "hidden"},
		},
		"order": {
			change: func(f *excelize.File) error { return f.MoveSheet("Notes", "Data") }, direct: true,
			want: jetsheet.Difference{What: jetsheet.DifferentOrder, Ours: "Data, Notes", Previous: "Notes, Data"},
		},
	} {
		request := r.request(name)
		r.putPrevious(request, testWorkbook(t, test.change))
		r.announce(r.render(request, ours))
		if equal := test.want == (jetsheet.Difference{}); !equal && !test.direct {
			r.renderAgain(request, testWorkbook(t, func(f *excelize.File) error {
				return f.SetDocProps(&excelize.DocProperties{Created: "2026-11-01T00:00:00Z"})
			}))
		}
		c := r.compared(request)
		want := []jetsheet.Difference{test.want}
		result := jetsheet.ResultDifferent
		if test.want == (jetsheet.Difference{}) {
			want, result = nil, jetsheet.ResultEqual
		}
		if c.Result != result || c.Count != int64(len(want)) || !slices.Equal(c.Differences, want) || c.Cells < 10 || c.Sheets != 2 ||
			c.Previous.ETag == "" || c.Previous.SizeBytes == 0 || c.Previous.LastModified.IsZero() {
			t.Errorf("%s: comparison is %+v, want %s with %+v", name, c, result, want)
		}
	}
	r.drained()
	r.onlyRead()
}

// The kinds of the contract are those of the reader.
func TestDifferenceKindsAreTheReaders(t *testing.T) {
	t.Parallel()
	for _, what := range []cells.What{
		cells.DiffSheet, cells.DiffOrder, cells.DiffVisibility, cells.DiffKind, cells.DiffValue, cells.DiffFormat, cells.DiffFormula, cells.DiffMerge, cells.DiffPicture,
	} {
		if !slices.Contains(jetsheet.DifferenceKinds(), jetsheet.DifferenceKind(what)) {
			t.Errorf("kind %q is not in %v", what, jetsheet.DifferenceKinds())
		}
	}
}

func TestShadowWaives(t *testing.T) {
	t.Parallel()
	r := setupShadow(t)
	r.run(r.uploader())
	size := jetsheet.Waiver{What: jetsheet.DifferentValue, Sheet: "data", Column: "SIZE", Reason: "rounded"}
	format := jetsheet.Waiver{What: jetsheet.DifferentFormat, Reason: "percent"}
	unused := jetsheet.Waiver{What: jetsheet.DifferentMerge, Reason: "unused"}
	for name, test := range map[string]struct {
		previous []func(*excelize.File) error
		want     jetsheet.ComparisonResult
		count    int64
		waived   []jetsheet.WaivedKind
	}{
		"all of it":  {[]func(*excelize.File) error{set("B2", 21), set("B4", 41), percent}, jetsheet.ResultWaived, 0, []jetsheet.WaivedKind{{Waiver: size, Count: 2}, {Waiver: format, Count: 1}}},
		"some of it": {[]func(*excelize.File) error{set("B2", 21), set("A2", "x")}, jetsheet.ResultDifferent, 1, []jetsheet.WaivedKind{{Waiver: size, Count: 1}}},
		"nothing":    {nil, jetsheet.ResultEqual, 0, nil},
	} {
		request := r.request(name)
		r.putPrevious(request, testWorkbook(t, test.previous...))
		e := r.render(request, testWorkbook(t))
		e.Waive = []jetsheet.Waiver{size, format, unused}
		r.announce(e)
		if test.want == jetsheet.ResultDifferent {
			r.renderAgain(request, testWorkbook(t), e.Waive...)
		}
		c := r.compared(request)
		var waived int64
		for _, w := range test.waived {
			waived += w.Count
		}
		if c.Result != test.want || c.Count != test.count || c.WaivedCount != waived || !slices.Equal(c.Waived, test.waived) {
			t.Errorf("%s: comparison is %+v, want %s with %d differences and %+v", name, c, test.want, test.count, test.waived)
		}
	}
	r.drained()
}

// A difference counts when a second workbook shows the same records as the first.
func TestShadowKnowsThatRecordsChanged(t *testing.T) {
	t.Parallel()
	r := setupShadow(t)
	r.run(r.uploader())
	for name, test := range map[string]struct {
		second  []byte
		rewrite bool
		want    jetsheet.ComparisonResult
		reason  jetsheet.IncomparableReason
	}{
		"they did not":           {testWorkbook(t), false, jetsheet.ResultDifferent, ""},
		"they did":               {testWorkbook(t, set("B2", 22)), false, jetsheet.ResultIncomparable, jetsheet.ReasonRecordsChanged},
		"before the other one":   {testWorkbook(t, set("B2", 21)), false, jetsheet.ResultEqual, ""},
		"the other one did":      {testWorkbook(t), true, jetsheet.ResultIncomparable, jetsheet.ReasonPreviousChanged},
		"and the other one, too": {testWorkbook(t, set("B2", 23)), true, jetsheet.ResultEqual, ""},
	} {
		request := r.request(name)
		r.putPrevious(request, testWorkbook(t, set("B2", 21)))
		e := r.render(request, testWorkbook(t))
		r.announce(e, jetsheet.HeaderAttempt, "1")
		r.eventually("the request again", func() bool {
			return r.last(jetsheet.StreamConversions, jetsheet.RequestSubject(request.Lane, request.Conversion())) != nil
		})
		if test.rewrite {
			r.putPrevious(request, testWorkbook(t, set("B2", 23)))
		}
		if m := r.last(jetsheet.StreamConversions, jetsheet.RequestSubject(request.Lane, request.Conversion())); m.Header.Get(jetsheet.HeaderAttempt) != "1" {
			t.Errorf("%s: the request has %v, want the attempts as they were", name, m.Header)
		}
		r.renderAgain(request, test.second)
		if c := r.compared(request); c.Result != test.want || c.Reason != test.reason || test.reason != "" && (c.Detail == "" || len(c.Differences) == 0) {
			t.Errorf("%s: comparison is %+v, want %s %s", name, c, test.want, test.reason)
		}
	}
	r.drained()
	r.onlyRead()
}

// What waits for the previous system holds nothing up: not the other comparisons, though
// there are more of them than slots, nor what is to be published.
func TestShadowWaitsOutsideTheSlots(t *testing.T) {
	t.Parallel()
	r := setupShadow(t)
	r.run(r.uploader())
	var waiting []jetsheet.Request
	for i := range 40 {
		request := r.request(fmt.Sprint("late-", i))
		waiting = append(waiting, request)
		r.announce(r.render(request, testWorkbook(t)))
	}
	r.eventually("all were looked for", func() bool { return r.count(http.MethodGet) >= 2*len(waiting) })
	early := r.request("early")
	r.putPrevious(early, testWorkbook(t))
	r.announce(r.render(early, testWorkbook(t)))
	if c := r.compared(early); c.Result != jetsheet.ResultEqual {
		t.Errorf("comparison is %+v, want equal", c)
	}
	r.onlyRead()
	published := r.rig.request(31, "published")
	r.announce(r.render(published, []byte("content")))
	r.done(published.Conversion())
	for _, request := range waiting {
		if m := r.last(jetsheet.StreamDone, jetsheet.DoneSubject(request.Conversion())); m != nil {
			t.Fatalf("%s is done as %s before the other workbook is there", request.Target.Target, m.Data)
		}
		r.putPrevious(request, testWorkbook(t))
	}
	for _, request := range waiting {
		if c := r.compared(request); c.Result != jetsheet.ResultEqual {
			t.Errorf("comparison is %+v, want equal", c)
		}
	}
	r.drained()
	if n := r.messages(jetsheet.StreamFailed); n != 0 {
		t.Errorf("%d failures, want none", n)
	}
}

// After a day, what could not be had is said to be incomparable, with the reason.
func TestShadowGivesUpAfterADay(t *testing.T) {
	t.Parallel()
	denied := func(code string) hookFunc {
		return func(request *http.Request, next http.RoundTripper) (*http.Response, error) {
			if strings.Contains(request.URL.Path, "/old/") {
				return answer(request, http.StatusForbidden, code), nil
			}
			return next.RoundTrip(request)
		}
	}
	for name, test := range map[string]struct {
		hook   hookFunc
		change func(r *jetsheet.Request)
		reason jetsheet.IncomparableReason
		detail string
		at     time.Duration
	}{
		"absent":          {reason: jetsheet.ReasonAbsent, detail: "there is no previous system's workbook old/t1/x.xlsx", at: jetsheet.ComparisonWait},
		"denied":          {hook: denied("AccessDenied"), reason: jetsheet.ReasonDenied, detail: "GetObject", at: jetsheet.ComparisonWait},
		"archived":        {hook: denied("InvalidObjectState"), reason: jetsheet.ReasonDenied, detail: "InvalidObjectState", at: jetsheet.ComparisonWait},
		"nothing to find": {change: func(r *jetsheet.Request) { r.Previous = "" }, reason: jetsheet.ReasonNoPreviousKey, detail: "output.previous"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setupShadow(t)
			r.between(test.hook)
			var clock atomic.Int64
			r.cfg.now = func() time.Time { return time.Now().Add(time.Duration(clock.Load())) }
			r.run(r.uploader())
			request := r.request("x")
			if test.change != nil {
				test.change(&request)
			}
			r.announce(r.render(request, testWorkbook(t)))
			if test.at > 0 {
				r.eventually("it was looked for often", func() bool { return r.count(http.MethodGet) > jetsheet.MaxStarts+1 })
				if m := r.last(jetsheet.StreamDone, jetsheet.DoneSubject(request.Conversion())); m != nil {
					t.Fatalf("it is done as %s before a day has passed", m.Data)
				}
				clock.Store(int64(test.at))
			}
			if c := r.compared(request); c.Result != jetsheet.ResultIncomparable || c.Reason != test.reason || !strings.Contains(c.Detail, test.detail) {
				t.Errorf("comparison is %+v, want %s with %q", c, test.reason, test.detail)
			}
			r.drained()
			r.onlyRead()
		})
	}
}

// S3 that does not answer, or refuses these credentials, says nothing of an object: it is
// waited for however long it takes.
func TestShadowWaitsForS3(t *testing.T) {
	t.Parallel()
	r := setupShadow(t)
	r.cfg.now = func() time.Time { return time.Now().Add(2 * jetsheet.ComparisonWait) }
	var asked atomic.Int64
	r.between(func(request *http.Request, next http.RoundTripper) (*http.Response, error) {
		if !strings.Contains(request.URL.Path, "/old/") {
			return next.RoundTrip(request)
		}
		switch asked.Add(1) {
		case 1:
			return nil, errors.New("connection refused")
		case 2:
			return answer(request, http.StatusServiceUnavailable, "SlowDown"), nil
		case 3:
			return answer(request, http.StatusForbidden, "InvalidAccessKeyId"), nil
		case 4: // the body is cut short
			response, err := next.RoundTrip(request)
			if err == nil {
				response.Body = cut{response.Body}
			}
			return response, err
		}
		return next.RoundTrip(request)
	})
	r.run(r.uploader())
	request := r.request("x")
	r.putPrevious(request, testWorkbook(t))
	r.announce(r.render(request, testWorkbook(t)))
	if c := r.compared(request); c.Result != jetsheet.ResultEqual || asked.Load() < 5 {
		t.Errorf("comparison is %+v after %d requests, want equal after four that failed", c, asked.Load())
	}
	r.drained()
	r.onlyRead()
	if n := r.messages(jetsheet.StreamFailed); n != 0 {
		t.Errorf("%d failures, want none", n)
	}
}

// cut is a body whose connection breaks.
type cut struct{ io.Closer }

// Read fails as a connection does that is lost.
func (cut) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestShadowReadsWhatItShould(t *testing.T) {
	t.Parallel()
	r := setupShadow(t)
	u := r.uploader()
	u.shadow.limits.RowBytes, u.shadow.limits.SharedStringBytes = 1<<20, 1<<20
	r.run(u)
	good := testWorkbook(t)
	for name, test := range map[string]struct {
		content []byte
		reason  jetsheet.IncomparableReason
	}{
		"empty":          {nil, jetsheet.ReasonNotWorkbook},
		"text":           {[]byte("name,size\n"), jetsheet.ReasonNotWorkbook},
		"cut off":        {good[:len(good)/2], jetsheet.ReasonNotWorkbook},
		"a bit is wrong": {damaged(good), jetsheet.ReasonNotWorkbook},
		"bomb in a row": {withPart(t, good, "xl/worksheets/sheet1.xml", `<worksheet><sheetData><row r="1">`+
			strings.Repeat(`<c t="str"><v>`+strings.Repeat("x", 200_000)+`</v></c>`, 6)+`</row></sheetData></worksheet>`), jetsheet.ReasonTooLarge},
		"bomb of strings": {withPart(t, good, "xl/sharedStrings.xml", `<sst>`+
			strings.Repeat(`<si><t>`+strings.Repeat("x", 100_000)+`</t></si>`, 11)+`</sst>`), jetsheet.ReasonTooLarge},
	} {
		request := r.request(name)
		r.putPrevious(request, test.content)
		r.announce(r.render(request, good))
		if c := r.compared(request); c.Result != jetsheet.ResultIncomparable || c.Reason != test.reason || c.Detail == "" {
			t.Errorf("%s: comparison is %+v, want %s", name, c, test.reason)
		}
	}
	r.drained()
	r.onlyRead()
}

// damaged changes one bit of the sheet's compressed bytes.
func damaged(content []byte) []byte {
	content = slices.Clone(content)
	content[len(content)/3] ^= 4
	return content
}

// withPart puts another part into a workbook.
func withPart(t *testing.T, content []byte, name, text string) []byte {
	t.Helper()
	from, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	to := zip.NewWriter(&b)
	for _, f := range from.File {
		if f.Name == name {
			continue
		}
		if err := to.Copy(f); err != nil {
			t.Fatal(err)
		}
	}
	part, err := to.CreateHeader(&zip.FileHeader{Name: name})
	if err == nil {
		_, err = part.Write([]byte(text))
	}
	if err := errors.Join(err, to.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bigWorkbook is one of many chunks, and of more than one read of S3.
func bigWorkbook(t *testing.T, seed uint64) []byte {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // test data
	noise := make([]byte, 6<<20)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	return withPart(t, testWorkbook(t), "xl/media/image1.bin", string(noise))
}

func TestShadowComparesLargeWorkbooks(t *testing.T) {
	t.Parallel()
	r := setupShadow(t)
	var reads atomic.Int64
	request := r.request("x")
	r.between(func(request *http.Request, next http.RoundTripper) (*http.Response, error) {
		// Between the second and the third read it is written again.
		if strings.Contains(request.URL.Path, "/old/") && reads.Add(1) == 3 {
			r.putPrevious(r.request("x"), bigWorkbook(t, 3))
		}
		return next.RoundTrip(request)
	})
	r.putPrevious(request, bigWorkbook(t, 2))
	r.run(r.uploader())
	e := r.render(request, bigWorkbook(t, 1))
	if e.NUID != "" {
		t.Fatal("the workbook is one chunk; this test needs many")
	}
	r.announce(e)
	if c := r.compared(request); c.Result != jetsheet.ResultEqual || c.Previous.SizeBytes < 6<<20 || reads.Load() < 6 {
		t.Errorf("comparison is %+v after %d reads, want equal after a second beginning", c, reads.Load())
	}
	r.drained()
	r.onlyRead()
}

// A worker that dies leaves its event to the next one, and an outcome that is there stays.
func TestShadowAfterACrash(t *testing.T) {
	t.Parallel()
	r := setupShadow(t)
	midway, recorded := r.request("midway"), r.request("recorded")
	for _, request := range []jetsheet.Request{midway, recorded} {
		r.putPrevious(request, testWorkbook(t))
		r.announce(r.render(request, testWorkbook(t)))
	}
	consumer, err := r.js.Consumer(r.t.Context(), jetsheet.StreamRendered, jetsheet.ConsumerUploaderShadow)
	if err != nil {
		t.Fatal(err)
	}
	batch, err := consumer.Fetch(2) // by a worker that dies with both in hand
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	for range batch.Messages() {
		taken++
	}
	if taken != 2 {
		t.Fatalf("%d events were taken, want 2", taken)
	}
	first := jetsheet.Done{
		Envelope: jetsheet.CurrentEnvelope(), Run: recorded.Run, Tenant: recorded.Tenant, Target: recorded.Target.Target, State: jetsheet.DoneCompared,
		Comparison: &jetsheet.Comparison{Result: jetsheet.ResultDifferent, Detail: "the first"},
	}
	if _, err := r.js.Publish(r.t.Context(), jetsheet.DoneSubject(first.Conversion()), mustJSON(t, first)); err != nil {
		t.Fatal(err)
	}
	r.run(r.uploader())
	if c := r.compared(midway); c.Result != jetsheet.ResultEqual {
		t.Errorf("comparison is %+v, want equal", c)
	}
	r.drained()
	if d := r.done(recorded.Conversion()); d.Comparison.Detail != "the first" {
		t.Errorf("outcome is %+v, want the first one", d.Comparison)
	}
	r.onlyRead()
}

// TestShadowEventNeverDies: an event that was delivered far more often than a request may be
// is delivered still. There is no count by which the server gives it up.
func TestShadowEventNeverDies(t *testing.T) {
	t.Parallel()
	r := setupShadow(t)
	request := r.request("often")
	r.announce(r.render(request, testWorkbook(t)))
	consumer, err := r.js.Consumer(t.Context(), jetsheet.StreamRendered, jetsheet.ConsumerUploaderShadow)
	if err != nil {
		t.Fatal(err)
	}
	for range 60 { // three times the most deliveries of a request
		m, err := consumer.Next()
		if err == nil {
			err = m.Nak()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	r.putPrevious(request, testWorkbook(t))
	r.run(r.uploader())
	if c := r.compared(request); c.Result != jetsheet.ResultEqual {
		t.Errorf("comparison is %+v, want equal", c)
	}
	r.drained()
}

// A workbook of ours that is lost is asked for again, and fails when that goes on.
func TestShadowOfALostWorkbook(t *testing.T) {
	t.Parallel()
	r := setupShadow(t)
	r.run(r.uploader())
	request := r.request("x")
	r.putPrevious(request, testWorkbook(t))
	e := r.render(request, testWorkbook(t))
	if err := r.store.Delete(context.WithoutCancel(t.Context()), e.Object); err != nil {
		t.Fatal(err)
	}
	r.announce(e)
	subject := jetsheet.RequestSubject(request.Lane, request.Conversion())
	r.eventually("the request again", func() bool { return r.last(jetsheet.StreamConversions, subject) != nil })
	if m := r.last(jetsheet.StreamConversions, subject); m.Header.Get(jetsheet.HeaderAttempt) != "1" {
		t.Errorf("the request has %v, want one attempt behind it", m.Header)
	}
	r.announce(e, jetsheet.HeaderAttempt, "3")
	if f := r.failed(request.Conversion()); f.Cause != jetsheet.CauseWorkbookLost || f.Retrying() || !json.Valid(f.Request) {
		t.Errorf("failure is %+v, want workbook_lost for good, with the request", f)
	}
	r.onlyRead()
}

// The previous system may have a bucket of its own.
func TestShadowReadsAnotherBucket(t *testing.T) {
	t.Parallel()
	r := setupShadow(t)
	other := r.bucket + "-old"
	if _, err := r.direct.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &other}); err != nil {
		t.Fatal(err)
	}
	r.cfg.PreviousBucket = other
	request := r.request("x")
	if _, err := r.direct.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &other, Key: &request.Previous, Body: bytes.NewReader(testWorkbook(t))}); err != nil {
		t.Fatal(err)
	}
	r.run(r.uploader())
	r.announce(r.render(request, testWorkbook(t)))
	if c := r.done(request.Conversion()).Comparison; c == nil || c.Result != jetsheet.ResultEqual || c.Previous.Bucket != other {
		t.Errorf("comparison is %+v, want equal with bucket %s", c, other)
	}
}
