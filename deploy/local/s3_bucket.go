package local

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/johannesboyne/gofakes3"
)

// ListBuckets implements gofakes3.Backend.
func (s *objectStore) ListBuckets() ([]gofakes3.BucketInfo, error) {
	entries, err := os.ReadDir(s.root)
	if err != nil {
		return nil, err
	}
	var buckets []gofakes3.BucketInfo
	for _, e := range entries {
		if !e.IsDir() || gofakes3.ValidateBucketName(e.Name()) != nil {
			continue
		}
		info, err := e.Info()
		if err != nil {
			continue // removed meanwhile
		}
		buckets = append(buckets, gofakes3.BucketInfo{Name: e.Name(), CreationDate: gofakes3.NewContentTime(info.ModTime())})
	}
	return buckets, nil
}

// CreateBucket implements gofakes3.Backend.
func (s *objectStore) CreateBucket(name string) error {
	err := os.Mkdir(filepath.Join(s.root, name), 0o755)
	if errors.Is(err, fs.ErrExist) {
		return gofakes3.ResourceError(gofakes3.ErrBucketAlreadyExists, name)
	}
	return err
}

// BucketExists implements gofakes3.Backend.
func (s *objectStore) BucketExists(name string) (bool, error) {
	if gofakes3.ValidateBucketName(name) != nil { // which could be .. or our own folder
		return false, nil //nolint:nilerr // no bucket can have that name
	}
	info, err := os.Stat(filepath.Join(s.root, name))
	return err == nil && info.IsDir(), nil
}

func (s *objectStore) requireBucket(name string) error {
	if ok, err := s.BucketExists(name); err != nil || !ok {
		return cmp.Or(err, gofakes3.BucketNotFound(name))
	}
	return nil
}

// DeleteBucket implements gofakes3.Backend.
func (s *objectStore) DeleteBucket(name string) error {
	list, err := s.ListBucket(name, nil, gofakes3.ListBucketPage{MaxKeys: 1})
	if err != nil {
		return err
	}
	if len(list.Contents) > 0 {
		return gofakes3.ResourceError(gofakes3.ErrBucketNotEmpty, name)
	}
	return s.ForceDeleteBucket(name)
}

// ForceDeleteBucket implements gofakes3.Backend.
func (s *objectStore) ForceDeleteBucket(name string) error {
	return errors.Join(os.RemoveAll(filepath.Join(s.root, name)), os.RemoveAll(filepath.Join(s.private, "notes", name)))
}

// ListBucket implements gofakes3.Backend: keys in byte order, as S3 lists them.
func (s *objectStore) ListBucket(name string, prefix *gofakes3.Prefix, page gofakes3.ListBucketPage) (*gofakes3.ObjectList, error) {
	if err := s.requireBucket(name); err != nil {
		return nil, err
	}
	l := &lister{store: s, bucket: name, page: page, list: gofakes3.NewObjectList()}
	if prefix != nil {
		l.prefix, l.delimiter = prefix.Prefix, prefix.Delimiter
	}
	if page.MaxKeys <= 0 && page != (gofakes3.ListBucketPage{}) {
		return l.list, nil
	}
	if _, err := l.walk(filepath.Join(s.root, name), ""); err != nil {
		return nil, err
	}
	return l.list, nil
}

// lister walks a bucket's folders for one page.
type lister struct {
	store             *objectStore
	bucket            string
	prefix, delimiter string
	page              gofakes3.ListBucketPage
	list              *gofakes3.ObjectList
	last              string // key or common prefix listed last
}

// walk lists a folder whose keys start with base, and says whether to go on.
func (l *lister) walk(dir, base string) (bool, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return true, nil // its last object was deleted meanwhile
		}
		return false, err
	}
	// By name a folder "a" comes before "a-b", by key "a/x" comes after.
	order := func(e fs.DirEntry) string {
		if e.IsDir() {
			return e.Name() + "/"
		}
		return e.Name()
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(order(a), order(b)) })
	for _, e := range entries {
		key := base + order(e)
		more := true
		switch {
		case e.IsDir() && l.mayHold(key):
			more, err = l.walk(filepath.Join(dir, e.Name()), key)
		case e.Type().IsRegular() && strings.HasPrefix(key, l.prefix):
			more, err = l.object(key, e)
		}
		if err != nil || !more {
			return false, err
		}
	}
	return true, nil
}

// mayHold says whether keys below a folder can be on this page.
func (l *lister) mayHold(folder string) bool {
	if !strings.HasPrefix(folder, l.prefix) && !strings.HasPrefix(l.prefix, folder) {
		return false
	}
	if common, ok := l.common(folder); ok && (common == l.last || l.page.HasMarker && l.page.Marker == common) {
		return false // one entry stands for all of it, and it is there
	}
	return !l.page.HasMarker || folder > l.page.Marker || strings.HasPrefix(l.page.Marker, folder)
}

// common returns the common prefix that a key is listed as.
func (l *lister) common(key string) (string, bool) {
	if l.delimiter == "" || !strings.HasPrefix(key, l.prefix) {
		return "", false
	}
	i := strings.Index(key[len(l.prefix):], l.delimiter)
	if i < 0 {
		return "", false
	}
	return key[:len(l.prefix)+i+len(l.delimiter)], true
}

// object adds a key, or the common prefix that it is listed as, and says whether to go on.
func (l *lister) object(key string, e fs.DirEntry) (bool, error) {
	name, isCommon := l.common(key)
	if !isCommon {
		name = key
	}
	if l.page.HasMarker && name <= l.page.Marker || name == l.last {
		return true, nil
	}
	if l.page.MaxKeys > 0 && int64(len(l.list.Contents)+len(l.list.CommonPrefixes)) == l.page.MaxKeys {
		l.list.IsTruncated, l.list.NextMarker = true, l.last
		return false, nil
	}
	if isCommon {
		l.list.AddPrefix(name)
		l.last = name
		return true, nil
	}
	content, err := l.content(key, e)
	if err != nil || content == nil {
		return err == nil, err
	}
	l.list.Add(content)
	l.last = name
	return true, nil
}

// content describes a file, or returns nil for one that is no object or has gone meanwhile.
func (l *lister) content(key string, e fs.DirEntry) (*gofakes3.Content, error) {
	mu := l.store.stripe(l.bucket, key)
	mu.RLock()
	defer mu.RUnlock()
	path := filepath.Join(l.store.root, l.bucket, filepath.FromSlash(key))
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil // deleted meanwhile
	}
	if isLitter(e.Name()) {
		if _, err := os.Stat(l.store.notePath(l.bucket, key)); err != nil {
			return nil, nil // nobody stored it as an object
		}
	}
	n, err := readNote(path, l.store.notePath(l.bucket, key), info, true)
	if err != nil {
		return nil, err
	}
	return &gofakes3.Content{
		Key: key, Size: info.Size(), ETag: `"` + n.ETag + `"`,
		LastModified: gofakes3.NewContentTime(n.modified(info)), StorageClass: gofakes3.StorageStandard,
	}, nil
}

// isLitter recognises what Excel, LibreOffice and file managers leave in a folder that is looked into.
func isLitter(name string) bool {
	return strings.HasPrefix(name, "~$") || strings.HasPrefix(name, ".~lock.") ||
		slices.Contains([]string{".DS_Store", "Thumbs.db", "desktop.ini"}, name)
}
