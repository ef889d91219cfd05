package local

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/johannesboyne/gofakes3"
)

// s3Handler stands before the protocol library and adds what it lacks and jetsheet relies on: checksums are verified
// before anything is stored, conditions hold on the completion of a multipart upload and on a deletion, and a stranger to
// the access key is refused.
type s3Handler struct {
	next      http.Handler
	accessKey string
	store     *objectStore
}

func (h *s3Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h.admit(r); err != nil {
		refuse(w, r, http.StatusForbidden, "AccessDenied", err.Error())
		return
	}
	if encoding := r.Header.Get("X-Amz-Content-Sha256"); strings.HasPrefix(encoding, "STREAMING-") {
		// The library would store the chunk headers of the forms it does not know as content.
		refuse(w, r, http.StatusNotImplemented, "NotImplemented", "send the body whole: "+encoding+" is not supported")
		return
	}
	switch r.Method {
	case http.MethodPut:
		r.Body = newVerifiedBody(r)
	case http.MethodPost:
		if id := r.URL.Query().Get("uploadId"); id != "" {
			defer h.store.expect(gofakes3.UploadID(id), conditionsOf(r.Header))()
		}
	case http.MethodDelete:
		c, query := conditionsOf(r.Header), r.URL.Query()
		if c != nil && !query.Has("uploadId") && !query.Has("versionId") {
			h.deleteIf(w, r, c)
			return
		}
	case http.MethodGet, http.MethodHead:
		if r.Header.Get("X-Amz-Checksum-Mode") == "" || r.Header.Get("Range") != "" {
			w = &withoutChecksum{ResponseWriter: w}
		}
	}
	h.next.ServeHTTP(w, r)
}

// deleteIf deletes an object if a condition holds, which the library does not pass on.
func (h *s3Handler) deleteIf(w http.ResponseWriter, r *http.Request, c *gofakes3.PutConditions) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	err := h.store.deleteIf(bucket, key, c)
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	code := gofakes3.ErrInternal
	var known gofakes3.Error
	if errors.As(err, &known) {
		code = known.ErrorCode()
	}
	refuse(w, r, code.Status(), code, err.Error())
}

var errAccess = errors.New("the request was not made with this server's access key")

// admit checks that the request names our access key and, if presigned, that it has not expired. Signatures are not
// checked: the key is random and the server listens on this machine only.
func (h *s3Handler) admit(r *http.Request) error {
	scope := r.URL.Query().Get("X-Amz-Credential")
	if scope != "" {
		at, err := time.Parse("20060102T150405Z", r.URL.Query().Get("X-Amz-Date"))
		seconds, err2 := strconv.Atoi(r.URL.Query().Get("X-Amz-Expires"))
		if err != nil || err2 != nil || time.Now().After(at.Add(time.Duration(seconds)*time.Second)) {
			return errors.New("the presigned request has expired")
		}
	} else if _, after, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
		scope = after
	}
	if key, _, _ := strings.Cut(scope, "/"); key != h.accessKey {
		return errAccess
	}
	return nil
}

// conditionsOf returns the write conditions of a request, nil if there are none.
func conditionsOf(header http.Header) *gofakes3.PutConditions {
	var c gofakes3.PutConditions
	if v := header.Get("If-Match"); v != "" {
		c.IfMatch = &v
	}
	if v := header.Get("If-None-Match"); v != "" {
		c.IfNoneMatch = &v
	}
	if c == (gofakes3.PutConditions{}) {
		return nil
	}
	return &c
}

// verifiedBody reads a request's body and, at its end, compares it with the digests that the request gave. Whoever stores
// it sees the mismatch as a read error in place of the end, so nothing wrong is ever published.
type verifiedBody struct {
	io.ReadCloser
	checks []check
}

type check struct {
	header string
	want   []byte
	hash   hash.Hash
}

func newVerifiedBody(r *http.Request) io.ReadCloser {
	body := &verifiedBody{ReadCloser: r.Body}
	sum := sha256.New() // both sha256 headers are about the same bytes
	if v := r.Header.Get("X-Amz-Checksum-Sha256"); v != "" {
		body.checks = append(body.checks, check{"x-amz-checksum-sha256", decodeBase64(v), sum})
	}
	if v := r.Header.Get("X-Amz-Content-Sha256"); v != "" && v != "UNSIGNED-PAYLOAD" {
		want, err := hex.DecodeString(v)
		if err != nil {
			want = nil
		}
		body.checks = append(body.checks, check{"x-amz-content-sha256", want, sum})
	}
	if v := r.Header.Get("X-Amz-Checksum-Crc32"); v != "" {
		body.checks = append(body.checks, check{"x-amz-checksum-crc32", decodeBase64(v), crc32.NewIEEE()})
	}
	return body
}

// decodeBase64 returns nil, which no digest equals, for what is not base64.
func decodeBase64(text string) []byte {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return b
}

// Read implements io.Reader.
func (b *verifiedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	for i, c := range b.checks {
		if i == 0 || c.hash != b.checks[i-1].hash {
			_, _ = c.hash.Write(p[:n]) // a hash never fails
		}
	}
	if !errors.Is(err, io.EOF) {
		return n, err
	}
	for _, c := range b.checks {
		if got := c.hash.Sum(nil); c.want == nil || string(got) != string(c.want) {
			return n, gofakes3.ErrorMessagef(gofakes3.ErrBadDigest, "the body does not match %s: its digest is %x", c.header, got)
		}
	}
	return n, err
}

// withoutChecksum leaves the stored checksum out of an answer to somebody who did not ask for it, or who gets only a part
// of what it is about.
type withoutChecksum struct {
	http.ResponseWriter
	told bool
}

// WriteHeader implements http.ResponseWriter.
func (w *withoutChecksum) WriteHeader(status int) {
	w.strip()
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *withoutChecksum) Write(p []byte) (int, error) {
	w.strip()
	return w.ResponseWriter.Write(p)
}

func (w *withoutChecksum) strip() {
	if w.told {
		return
	}
	w.told = true
	for name := range w.Header() {
		if strings.HasPrefix(name, "X-Amz-Checksum-") {
			w.Header().Del(name)
		}
	}
}

// refuse answers with an S3 error.
func refuse(w http.ResponseWriter, r *http.Request, status int, code gofakes3.ErrorCode, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_ = xml.NewEncoder(w).Encode(&gofakes3.ErrorResponse{Code: code, Message: message}) // the client has gone
	}
}
