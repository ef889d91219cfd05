package uploader

import (
	"bytes"
	"encoding/hex"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// TestHTTPS: the SDK signs bodies in another way for https; streamed ones are
// signed with their digest all the same.
func TestHTTPS(t *testing.T) {
	t.Parallel()
	r := setup(t)
	endpoint := "https" + (*r.direct.Options().BaseEndpoint)[len("http"):]
	r.cfg.S3 = s3.New(r.cfg.S3.Options(), func(o *s3.Options) { o.BaseEndpoint = &endpoint })
	e := r.event(r.request(1, "s1"), noise(3*jetsheet.ChunkBytes))
	var signed atomic.Value
	r.s3.set(func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
		if q.URL.Scheme != "https" {
			t.Errorf("scheme: got %s, want https", q.URL.Scheme)
		}
		if q.Method == http.MethodPut {
			signed.Store(q.Header.Get("X-Amz-Content-Sha256"))
		}
		plain := q.Clone(q.Context())
		plain.URL.Scheme = "http"
		return next.RoundTrip(plain)
	})
	u := r.uploader()
	if out, err := u.publish(t.Context(), &delivery.Job{}, e); err != nil || out.state != jetsheet.DonePublished {
		t.Fatalf("publish: got %+v, %v, want published", out, err)
	}
	if got, want := signed.Load(), hex.EncodeToString(e.digest); got != want {
		t.Errorf("signed payload hash: got %v, want %s", got, want)
	}
	if content, _ := r.object(e.Request.Key); !bytes.Equal(content, noise(3*jetsheet.ChunkBytes)) {
		t.Errorf("object has %d bytes, want the workbook's", len(content))
	}
}
