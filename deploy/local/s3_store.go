package local

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/johannesboyne/gofakes3"
)

// objectStore keeps objects as plain files: root/BUCKET/KEY. It is the library's Backend and MultipartBackend.
//
// An object appears, and is replaced, by the rename of a complete file, under a lock on its key, together with the check
// of the request's conditions. What S3 stores besides the bytes lies in a note (see note) outside of the bucket.
type objectStore struct {
	root    string
	private string // root/.jetsheet-s3
	durable bool
	held    lock
	seed    maphash.Seed
	stripes [256]sync.RWMutex // over bucket and key
	buffers sync.Pool

	mu         sync.Mutex
	conditions map[gofakes3.UploadID]*gofakes3.PutConditions // of completions under way
}

var (
	_ gofakes3.Backend          = (*objectStore)(nil)
	_ gofakes3.MultipartBackend = (*objectStore)(nil)
)

func openObjectStore(dir string, durable bool) (*objectStore, error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	s := &objectStore{root: root, private: filepath.Join(root, ".jetsheet-s3"), durable: durable, seed: maphash.MakeSeed()}
	s.conditions = map[gofakes3.UploadID]*gofakes3.PutConditions{}
	for _, sub := range []string{"notes", "parts", "new"} {
		if err := os.MkdirAll(filepath.Join(s.private, sub), 0o700); err != nil {
			return nil, err
		}
	}
	held, ok, err := tryLock(filepath.Join(s.private, "lock"), exclusive)
	if err == nil && !ok {
		err = fmt.Errorf("%s is in use by another s3 server; stop it or choose another directory", root)
	}
	if err != nil {
		return nil, err
	}
	s.held = held
	if err := emptyDir(filepath.Join(s.private, "new")); err != nil { // of a process that was killed
		held.unlock()
		return nil, err
	}
	return s, nil
}

func emptyDir(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.Mkdir(dir, 0o700)
}

func (s *objectStore) close() { s.held.unlock() }

func (s *objectStore) stripe(bucket, key string) *sync.RWMutex {
	return &s.stripes[maphash.Comparable(s.seed, [2]string{bucket, key})%uint64(len(s.stripes))]
}

// PutObject implements gofakes3.Backend.
func (s *objectStore) PutObject(bucket, key string, meta map[string]string, input io.Reader, size int64, conditions *gofakes3.PutConditions) (result gofakes3.PutObjectResult, err error) {
	path, err := s.path(bucket, key)
	if err != nil {
		return result, err
	}
	n, err := newNote(key, meta)
	if err != nil {
		return result, err
	}
	staged, err := s.stage()
	if err != nil {
		return result, err
	}
	defer staged.discard()
	sum, err := staged.fill(input, size)
	if err != nil {
		return result, err
	}
	n.ETag = hex.EncodeToString(sum)
	return result, s.publish(bucket, key, path, staged, n, conditions)
}

// publish makes a staged file the object, if the conditions hold at that moment.
func (s *objectStore) publish(bucket, key, path string, staged *stagedFile, n note, conditions *gofakes3.PutConditions) error {
	if err := staged.finish(&n); err != nil {
		return err
	}
	mu := s.stripe(bucket, key)
	mu.Lock()
	defer mu.Unlock()
	if err := s.requireBucket(bucket); err != nil {
		return err
	}
	notePath := s.notePath(bucket, key)
	current, exists, err := currentNote(path, notePath, conditions != nil && conditions.IfMatch != nil)
	if err != nil {
		return err
	}
	if err := checkConditions(conditions, key, current.ETag, exists); err != nil {
		return err
	}
	if exists {
		n.Previous = &current
		current.Previous = nil
	}
	// The note first: with two notes in it, it tells the truth before and after the rename of the object.
	if err := s.writeNote(notePath, n); err != nil {
		return err
	}
	if err := renameInto(filepath.Join(s.root, bucket), staged.path, path); err != nil {
		return cmp.Or(s.requireBucket(bucket), pathError(key, path, err))
	}
	staged.published()
	if s.durable {
		return syncDir(filepath.Dir(path))
	}
	return nil
}

// checkConditions is S3's rule for a conditional write.
func checkConditions(c *gofakes3.PutConditions, key, etag string, exists bool) error {
	if c == nil {
		return nil
	}
	if c.IfNoneMatch != nil {
		if *c.IfNoneMatch != "*" {
			return gofakes3.ErrorMessage(gofakes3.ErrNotImplemented, "If-None-Match of a write must be *")
		}
		if exists {
			return gofakes3.ErrPreconditionFailed
		}
	}
	if c.IfMatch != nil {
		if !exists {
			return gofakes3.KeyNotFound(key)
		}
		if *c.IfMatch != "*" && strings.Trim(*c.IfMatch, `"`) != etag {
			return gofakes3.ErrPreconditionFailed
		}
	}
	return nil
}

// GetObject implements gofakes3.Backend.
func (s *objectStore) GetObject(bucket, key string, rng *gofakes3.ObjectRangeRequest) (*gofakes3.Object, error) {
	object, file, err := s.open(bucket, key)
	if err != nil {
		return nil, err
	}
	if object.Range, err = rng.Range(object.Size); err != nil {
		_ = file.Close()
		return nil, err // unwrapped: the library looks at its type
	}
	content := &fileContent{File: file, length: object.Size}
	if object.Range != nil {
		content.length = object.Range.Length
		if _, err := file.Seek(object.Range.Start, io.SeekStart); err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
	object.Contents = content
	return object, nil
}

// HeadObject implements gofakes3.Backend.
func (s *objectStore) HeadObject(bucket, key string) (*gofakes3.Object, error) {
	object, file, err := s.open(bucket, key)
	if err != nil {
		return nil, err
	}
	object.Contents = io.NopCloser(strings.NewReader(""))
	return object, file.Close()
}

// open returns an object without contents, and its file. Once open, the file stays what it is, whatever replaces it.
func (s *objectStore) open(bucket, key string) (*gofakes3.Object, *os.File, error) {
	path, err := s.path(bucket, key)
	if err != nil {
		return nil, nil, gofakes3.KeyNotFound(key) // what cannot be stored is not there
	}
	mu := s.stripe(bucket, key)
	mu.RLock()
	defer mu.RUnlock()
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, notFound(key, err)
	}
	info, err := file.Stat()
	if err != nil || info.IsDir() {
		_ = file.Close()
		return nil, nil, gofakes3.KeyNotFound(key) // a directory is no object
	}
	n, err := readNote(path, s.notePath(bucket, key), info, true)
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	sum, err := hex.DecodeString(n.ETag)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("the note on %s holds no etag: %w", path, err), file.Close())
	}
	return &gofakes3.Object{Name: key, Metadata: n.headers(info), Size: info.Size(), Hash: sum}, file, nil
}

// DeleteObject implements gofakes3.Backend.
func (s *objectStore) DeleteObject(bucket, key string) (result gofakes3.ObjectDeleteResult, err error) {
	path, err := s.path(bucket, key)
	if err != nil {
		return result, nil // what cannot be stored is not there
	}
	mu := s.stripe(bucket, key)
	mu.Lock()
	defer mu.Unlock()
	return result, s.remove(bucket, key, path)
}

// deleteIf deletes an object if the conditions hold at that moment.
func (s *objectStore) deleteIf(bucket, key string, c *gofakes3.PutConditions) error {
	if err := s.requireBucket(bucket); err != nil {
		return err
	}
	path, err := s.path(bucket, key)
	if err != nil {
		return gofakes3.KeyNotFound(key) // what cannot be stored is not there
	}
	mu := s.stripe(bucket, key)
	mu.Lock()
	defer mu.Unlock()
	current, exists, err := currentNote(path, s.notePath(bucket, key), true)
	if err != nil {
		return err
	}
	if err := checkConditions(c, key, current.ETag, exists); err != nil {
		return err
	}
	return s.remove(bucket, key, path)
}

// remove takes away an object, its note and the folders that are empty then. The caller holds the lock on its key.
func (s *objectStore) remove(bucket, key, path string) error {
	if info, err := os.Lstat(path); err != nil || info.IsDir() {
		return nil //nolint:nilerr // it is not there
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	if err := os.Remove(s.notePath(bucket, key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	top := filepath.Join(s.root, bucket)
	for dir := filepath.Dir(path); dir != top; dir = filepath.Dir(dir) {
		if os.Remove(dir) != nil { // not empty
			break
		}
	}
	return nil //nolint:nilerr // a folder that is not empty stays
}

// DeleteMulti implements gofakes3.Backend.
func (s *objectStore) DeleteMulti(bucket string, keys ...string) (result gofakes3.MultiDeleteResult, err error) {
	for _, key := range keys {
		if _, err := s.DeleteObject(bucket, key); err != nil {
			result.Error = append(result.Error, gofakes3.ErrorResult{Code: gofakes3.ErrInternal, Message: err.Error(), Key: key})
			continue
		}
		result.Deleted = append(result.Deleted, gofakes3.ObjectID{Key: key})
	}
	return result, nil
}

// CopyObject implements gofakes3.Backend.
func (s *objectStore) CopyObject(srcBucket, srcKey, dstBucket, dstKey string, meta map[string]string) (gofakes3.CopyObjectResult, error) {
	return gofakes3.CopyObject(s, srcBucket, srcKey, dstBucket, dstKey, meta)
}

// expect keeps the conditions of a completion, which the library does not pass on, until the returned func is called.
func (s *objectStore) expect(id gofakes3.UploadID, c *gofakes3.PutConditions) (done func()) {
	if c == nil {
		return func() {}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conditions[id] = c
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conditions, id)
	}
}
