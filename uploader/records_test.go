package uploader

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

func TestRecord(t *testing.T) {
	t.Parallel()
	client, bucket := localtest.S3(t)
	records := Records{Client: client, Bucket: bucket}
	const key = "_jetsheet/runs/20261001T200000Z-temperature-0"
	if got, err := records.Record(t.Context(), key, nil); got != nil || err != nil {
		t.Errorf("read of nothing: got %q, %v, want nil, nil", got, err)
	}
	for i, body := range []string{"first", "second", ""} {
		var b []byte
		if body != "" {
			b = []byte(body)
		}
		if got, err := records.Record(t.Context(), key, b); string(got) != "first" || err != nil {
			t.Errorf("call %d with %q: got %q, %v, want first", i, body, got, err)
		}
	}
	if got, err := (Records{Client: client, Bucket: "elsewhere"}).Record(t.Context(), key, []byte("x")); err == nil || got != nil {
		t.Errorf("record in a missing bucket: got %q, %v, want an error", got, err)
	}
}

func TestRecordRace(t *testing.T) {
	t.Parallel()
	client, bucket := localtest.S3(t)
	records := Records{Client: client, Bucket: bucket}
	got := make([][]byte, 16)
	var racing sync.WaitGroup
	for i := range got {
		racing.Go(func() {
			var err error
			if got[i], err = records.Record(t.Context(), "k", []byte("writer "+strconv.Itoa(i))); err != nil {
				t.Errorf("writer %d: %v", i, err)
			}
		})
	}
	racing.Wait()
	for i := range got {
		if !bytes.Equal(got[i], got[0]) {
			t.Errorf("writer %d got %q, writer 0 got %q", i, got[i], got[0])
		}
	}
}

// TestRecordFaults: a lost answer and a conflict end with what lies there; a
// failure that stays is an error.
func TestRecordFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		fault hookFunc
		once  bool
		want  string
	}{
		{"applied, then an error", applyThen, true, "body"},
		{"conflict", func(q *http.Request, _ http.RoundTripper) (*http.Response, error) {
			return answer(q, 409, "ConditionalRequestConflict"), nil
		}, true, "body"},
		{"denied", func(q *http.Request, _ http.RoundTripper) (*http.Response, error) {
			return answer(q, 403, "AccessDenied"), nil
		}, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client, bucket := localtest.S3(t)
			base, ok := client.Options().HTTPClient.(*http.Client)
			if !ok {
				t.Fatalf("HTTP client is a %T", client.Options().HTTPClient)
			}
			h := &hook{next: base.Transport}
			var calls atomic.Int32
			h.set(func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
				if n := calls.Add(1); n == 1 || !c.once {
					return c.fault(q, next)
				}
				return next.RoundTrip(q)
			})
			records := Records{Bucket: bucket, Client: s3.New(client.Options(), func(o *s3.Options) { o.HTTPClient = &http.Client{Transport: h} })}
			got, err := records.Record(t.Context(), "k", []byte("body"))
			if string(got) != c.want || (err == nil) != (c.want != "") {
				t.Errorf("Record: got %q, %v, want %q", got, err, c.want)
			}
			if err != nil && !strings.Contains(err.Error(), bucket+"/k") {
				t.Errorf("Record: got %q, want it to name the object", err)
			}
		})
	}
}
