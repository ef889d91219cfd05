package local

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/johannesboyne/gofakes3"
)

// A multipart upload is a folder private/parts/ID: the file "upload" describes it, each part is a file NUMBER.MD5. Parts
// go to the disk as they come in; completing copies them together, in the kernel where it can.

// upload is what the file "upload" holds.
type upload struct {
	Bucket string `json:"bucket"`
	Note   note   `json:"note"`
}

func (s *objectStore) partsDir(id gofakes3.UploadID) string {
	return filepath.Join(s.private, "parts", string(id))
}

// CreateMultipartUpload implements gofakes3.MultipartBackend.
func (s *objectStore) CreateMultipartUpload(bucket, key string, meta map[string]string) (gofakes3.UploadID, error) {
	if _, err := s.path(bucket, key); err != nil {
		return "", err
	}
	n, err := newNote(key, meta)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(upload{Bucket: bucket, Note: n})
	if err != nil {
		return "", err
	}
	id := gofakes3.UploadID(rand.Text())
	if err := os.Mkdir(s.partsDir(id), 0o700); err != nil {
		return "", err
	}
	if err := s.writeFile(filepath.Join(s.partsDir(id), "upload"), text); err != nil {
		removeQuietly(s.partsDir(id))
		return "", err
	}
	return id, nil
}

// find returns an upload that is under way.
func (s *objectStore) find(bucket, key string, id gofakes3.UploadID) (upload, error) {
	var u upload
	if string(id) != filepath.Base(string(id)) || strings.HasPrefix(string(id), ".") {
		return u, gofakes3.ErrNoSuchUpload
	}
	text, err := os.ReadFile(filepath.Join(s.partsDir(id), "upload"))
	if err != nil {
		return u, gofakes3.ErrNoSuchUpload
	}
	if err := json.Unmarshal(text, &u); err != nil {
		return u, fmt.Errorf("read upload %s: %w", id, err)
	}
	if u.Bucket != bucket || u.Note.Key != key {
		return u, gofakes3.ErrNoSuchUpload
	}
	return u, nil
}

// UploadPart implements gofakes3.MultipartBackend.
func (s *objectStore) UploadPart(bucket, key string, id gofakes3.UploadID, number int, size int64, input io.Reader) (string, error) {
	if _, err := s.find(bucket, key, id); err != nil {
		return "", err
	}
	staged, err := s.stage()
	if err != nil {
		return "", err
	}
	defer staged.discard()
	sum, err := staged.fill(input, size)
	if err != nil {
		return "", err
	}
	if err := staged.finish(&note{}); err != nil {
		return "", err
	}
	mu := s.stripe(bucket, string(id))
	mu.Lock()
	defer mu.Unlock()
	old, err := filepath.Glob(filepath.Join(s.partsDir(id), fmt.Sprintf("%05d.*", number)))
	if err != nil {
		return "", err
	}
	for _, path := range old {
		if err := os.Remove(path); err != nil {
			return "", err
		}
	}
	etag := hex.EncodeToString(sum)
	// Not renameInto: an upload that was aborted meanwhile has no folder and must not get one again.
	if err := os.Rename(staged.path, filepath.Join(s.partsDir(id), fmt.Sprintf("%05d.%s", number, etag))); err != nil {
		return "", gofakes3.ErrNoSuchUpload
	}
	staged.published()
	return `"` + etag + `"`, nil
}

// part is an uploaded part.
type part struct {
	number int
	etag   string
	path   string
}

func (s *objectStore) uploaded(id gofakes3.UploadID) ([]part, error) {
	entries, err := os.ReadDir(s.partsDir(id)) // sorted, and so by number
	if err != nil {
		return nil, gofakes3.ErrNoSuchUpload
	}
	var parts []part
	for _, e := range entries {
		number, etag, ok := strings.Cut(e.Name(), ".")
		n, err := strconv.Atoi(number)
		if !ok || err != nil {
			continue // the description
		}
		parts = append(parts, part{n, etag, filepath.Join(s.partsDir(id), e.Name())})
	}
	return parts, nil
}

// CompleteMultipartUpload implements gofakes3.MultipartBackend. An upload whose conditions do not hold stays, to be
// completed again or aborted. The ETag is the MD5 of the parts' MD5s, without S3's part count: the library takes an ETag
// for a digest.
func (s *objectStore) CompleteMultipartUpload(bucket, key string, id gofakes3.UploadID, in *gofakes3.CompleteMultipartUploadRequest) (gofakes3.VersionID, string, error) {
	u, err := s.find(bucket, key, id)
	if err != nil {
		return "", "", err
	}
	path, err := s.path(bucket, key)
	if err != nil {
		return "", "", err
	}
	parts, err := s.chosen(id, in)
	if err != nil {
		return "", "", err
	}
	staged, err := s.stage()
	if err != nil {
		return "", "", err
	}
	defer staged.discard()
	if u.Note.ETag, err = staged.join(parts); err != nil {
		return "", "", err
	}
	s.mu.Lock()
	conditions := s.conditions[id]
	s.mu.Unlock()
	if err := s.publish(bucket, key, path, staged, u.Note, conditions); err != nil {
		return "", "", err
	}
	removeQuietly(s.partsDir(id))
	return "", `"` + u.Note.ETag + `"`, nil
}

// chosen returns the parts that the request lists, in its order.
func (s *objectStore) chosen(id gofakes3.UploadID, in *gofakes3.CompleteMultipartUploadRequest) ([]part, error) {
	have, err := s.uploaded(id)
	if err != nil {
		return nil, err
	}
	if len(in.Parts) == 0 {
		return nil, gofakes3.ErrorMessage(gofakes3.ErrMalformedXML, "no parts are listed")
	}
	parts := make([]part, 0, len(in.Parts))
	last := 0
	for _, p := range in.Parts {
		if p.PartNumber <= last {
			return nil, gofakes3.ErrInvalidPartOrder
		}
		last = p.PartNumber
		i := slices.IndexFunc(have, func(h part) bool { return h.number == p.PartNumber })
		if i < 0 || have[i].etag != strings.Trim(p.ETag, `"`) {
			return nil, gofakes3.ErrInvalidPart
		}
		parts = append(parts, have[i])
	}
	return parts, nil
}

// join appends the parts and returns the whole's ETag.
func (f *stagedFile) join(parts []part) (string, error) {
	whole := md5.New()
	for _, p := range parts {
		sum, err := hex.DecodeString(p.etag)
		if err != nil {
			return "", gofakes3.ErrInvalidPart
		}
		_, _ = whole.Write(sum) // a hash never fails
		if err := f.append(p.path); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(whole.Sum(nil)), nil
}

func (f *stagedFile) append(path string) error {
	in, err := os.Open(path)
	if err != nil {
		return gofakes3.ErrNoSuchUpload
	}
	_, err = io.Copy(f.file, in)
	return errors.Join(err, in.Close())
}

// AbortMultipartUpload implements gofakes3.MultipartBackend.
func (s *objectStore) AbortMultipartUpload(bucket, key string, id gofakes3.UploadID) error {
	if _, err := s.find(bucket, key, id); err != nil {
		return err
	}
	return os.RemoveAll(s.partsDir(id))
}

// ListMultipartUploads implements gofakes3.MultipartBackend; it lists all at once.
func (s *objectStore) ListMultipartUploads(bucket string, _ *gofakes3.UploadListMarker, prefix gofakes3.Prefix, limit int64) (*gofakes3.ListMultipartUploadsResult, error) {
	entries, err := os.ReadDir(filepath.Join(s.private, "parts"))
	if err != nil {
		return nil, err
	}
	result := &gofakes3.ListMultipartUploadsResult{Bucket: bucket, Prefix: prefix.Prefix, MaxUploads: limit}
	for _, e := range entries {
		var u upload
		text, err := os.ReadFile(filepath.Join(s.private, "parts", e.Name(), "upload"))
		if err != nil || json.Unmarshal(text, &u) != nil || u.Bucket != bucket || !strings.HasPrefix(u.Note.Key, prefix.Prefix) {
			continue
		}
		result.Uploads = append(result.Uploads, gofakes3.ListMultipartUploadItem{
			Key: u.Note.Key, UploadID: gofakes3.UploadID(e.Name()), Initiated: gofakes3.NewContentTime(u.Note.Stored),
		})
	}
	slices.SortFunc(result.Uploads, func(a, b gofakes3.ListMultipartUploadItem) int { return strings.Compare(a.Key, b.Key) })
	return result, nil
}

// ListParts implements gofakes3.MultipartBackend; it lists all at once, S3 allows ten thousand.
func (s *objectStore) ListParts(bucket, key string, id gofakes3.UploadID, marker int, limit int64) (*gofakes3.ListMultipartUploadPartsResult, error) {
	if _, err := s.find(bucket, key, id); err != nil {
		return nil, err
	}
	parts, err := s.uploaded(id)
	if err != nil {
		return nil, err
	}
	result := &gofakes3.ListMultipartUploadPartsResult{Bucket: bucket, Key: key, UploadID: id, PartNumberMarker: marker, MaxParts: limit}
	for _, p := range parts {
		info, err := os.Stat(p.path)
		if err != nil || p.number <= marker {
			continue // replaced meanwhile, or told before
		}
		if int64(len(result.Parts)) == limit {
			result.IsTruncated, result.NextPartNumberMarker = true, result.Parts[len(result.Parts)-1].PartNumber
			break
		}
		result.Parts = append(result.Parts, gofakes3.ListMultipartUploadPartItem{
			PartNumber: p.number, ETag: `"` + p.etag + `"`, Size: info.Size(), LastModified: gofakes3.NewContentTime(info.ModTime()),
		})
	}
	return result, nil
}
