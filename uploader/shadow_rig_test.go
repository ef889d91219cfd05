package uploader

import (
	"bytes"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet"
)

// shadowRig is a rig whose tenants are routed shadow.
type shadowRig struct {
	*rig
	mu      sync.Mutex
	methods map[string]int // of requests to S3
}

func setupShadow(t *testing.T) *shadowRig {
	t.Helper()
	r := &shadowRig{rig: setup(t), methods: map[string]int{}}
	r.between(nil)
	return r
}

// between counts requests and lets a function answer them.
func (r *shadowRig) between(do hookFunc) {
	r.s3.set(func(request *http.Request, next http.RoundTripper) (*http.Response, error) {
		r.mu.Lock()
		r.methods[request.Method]++
		r.mu.Unlock()
		if do != nil {
			return do(request, next)
		}
		return next.RoundTrip(request)
	})
}

func (r *shadowRig) count(method string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.methods[method]
}

// onlyRead checks that nothing but reading has reached S3.
func (r *shadowRig) onlyRead() {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for method, count := range r.methods {
		if method != http.MethodGet && method != http.MethodHead {
			r.t.Errorf("%d requests %s reached S3, want none", count, method)
		}
	}
}

func (r *shadowRig) request(target string) jetsheet.Request {
	request := r.rig.request(31, target)
	request.Route, request.Previous = jetsheet.RouteShadow, "old/t1/"+target+".xlsx"
	return request
}

// putPrevious plays the previous system.
func (r *shadowRig) putPrevious(request jetsheet.Request, content []byte) {
	r.t.Helper()
	_, err := r.direct.PutObject(r.t.Context(), &s3.PutObjectInput{Bucket: &r.bucket, Key: &request.Previous, Body: bytes.NewReader(content)})
	if err != nil {
		r.t.Fatal(err)
	}
}

// renderAgain plays the renderer: it waits for the request to come back and takes it.
func (r *shadowRig) renderAgain(request jetsheet.Request, content []byte, waive ...jetsheet.Waiver) {
	r.t.Helper()
	subject := jetsheet.RequestSubject(request.Lane, request.Conversion())
	var m *jetstream.RawStreamMsg
	r.eventually("the request of "+request.Target.Target+" again", func() bool {
		m = r.last(jetsheet.StreamConversions, subject)
		return m != nil
	})
	if want := mustJSON(r.t, request); !bytes.Equal(m.Data, want) {
		r.t.Errorf("request is %s, want %s", m.Data, want)
	}
	stream, err := r.js.Stream(r.t.Context(), jetsheet.StreamConversions)
	if err != nil {
		r.t.Fatal(err)
	}
	e := r.render(request, content)
	e.Waive = waive
	r.announce(e, jetsheet.HeaderCompared, m.Header.Get(jetsheet.HeaderCompared), jetsheet.HeaderAttempt, m.Header.Get(jetsheet.HeaderAttempt))
	if err := stream.DeleteMsg(r.t.Context(), m.Sequence); err != nil {
		r.t.Fatal(err)
	}
}

// compared waits for the comparison of a conversion and checks what is around it.
func (r *shadowRig) compared(request jetsheet.Request) *jetsheet.Comparison {
	r.t.Helper()
	d := r.done(request.Conversion())
	if d.State != jetsheet.DoneCompared || d.Comparison == nil || d.Bucket != "" || d.Key != request.Key || d.Filename != request.Filename || d.Rows != 20 || d.SHA256 == "" {
		r.t.Fatalf("done record is %+v, want a comparison that lies in no bucket", d)
	}
	if p := d.Comparison.Previous; p.Key != request.Previous || d.Comparison.Reason != jetsheet.ReasonNoPreviousKey && p.Bucket != r.bucket {
		r.t.Errorf("compared with %+v, want %s in %s", p, request.Previous, r.bucket)
	}
	return d.Comparison
}

// workbook makes a workbook of two columns, with what a test changes in it.
func testWorkbook(t *testing.T, change ...func(f *excelize.File) error) []byte {
	t.Helper()
	f := excelize.NewFile()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(f.SetSheetName("Sheet1", "Data"))
	_, err := f.NewSheet("Notes")
	check(err)
	check(f.SetSheetRow("Data", "A1", &[]any{"Name", "Size"}))
	for row := 2; row <= 5; row++ {
		check(f.SetSheetRow("Data", fmt.Sprint("A", row), &[]any{fmt.Sprint("name ", row), row * 10}))
	}
	check(f.MergeCell("Data", "A7", "B7"))
	for _, do := range change {
		check(do(f))
	}
	var b bytes.Buffer
	check(f.Write(&b))
	check(f.Close())
	return b.Bytes()
}

func set(cell string, value any) func(*excelize.File) error {
	return func(f *excelize.File) error { return f.SetCellValue("Data", cell, value) }
}

func percent(f *excelize.File) error {
	style, err := f.NewStyle(&excelize.Style{NumFmt: 9})
	if err != nil {
		return err
	}
	return f.SetCellStyle("Data", "B3", "B3", style)
}
