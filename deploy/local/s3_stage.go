package local

import (
	"crypto/md5"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/johannesboyne/gofakes3"
)

// stagedFile is an object that nobody can see yet.
type stagedFile struct {
	store *objectStore
	path  string
	file  *os.File // nil once finished
}

func (s *objectStore) stage() (*stagedFile, error) {
	path := filepath.Join(s.private, "new", rand.Text())
	// Readable for whoever opens the workbook in the folder.
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	return &stagedFile{store: s, path: path, file: file}, nil
}

// fill writes the body and returns its MD5. Errors that S3 knows pass unwrapped: the library looks at their type.
func (f *stagedFile) fill(input io.Reader, size int64) ([]byte, error) {
	// The library's reader computes the digest already.
	summing, ok := input.(interface{ Sum(b []byte) []byte })
	if !ok {
		sum := md5.New()
		input, summing = io.TeeReader(input, sum), sum
	}
	n, err := copyPooled(&f.store.buffers, f.file, input)
	var known gofakes3.Error
	switch {
	case errors.As(err, &known):
		return nil, known
	case errors.Is(err, io.ErrUnexpectedEOF) || err == nil && n != size:
		return nil, gofakes3.ErrIncompleteBody
	case err != nil:
		return nil, fmt.Errorf("write the object: %w", err)
	}
	return summing.Sum(nil), nil
}

// finish closes the file and notes what identifies it.
func (f *stagedFile) finish(n *note) error {
	if f.store.durable {
		if err := f.file.Sync(); err != nil {
			return err
		}
	}
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	n.Size, n.Modified = info.Size(), info.ModTime().UnixNano()
	err = f.file.Close()
	f.file = nil
	return err
}

func (f *stagedFile) published() { f.path = "" }

// discard removes the file unless it was published.
func (f *stagedFile) discard() {
	if f.file != nil {
		_ = f.file.Close()
	}
	if f.path != "" {
		removeQuietly(f.path)
	}
}

// fileContent is what is sent of an object: length bytes from where the file stands.
type fileContent struct {
	*os.File
	length int64
}

// Read implements io.Reader.
func (c *fileContent) Read(p []byte) (int, error) {
	if c.length <= 0 {
		return 0, io.EOF
	}
	n, err := c.File.Read(p[:min(int64(len(p)), c.length)])
	c.length -= int64(n)
	return n, err
}

// WriteTo implements io.WriterTo, so that the kernel copies.
func (c *fileContent) WriteTo(w io.Writer) (int64, error) {
	n, err := io.Copy(w, &io.LimitedReader{R: c.File, N: c.length})
	c.length -= n
	return n, err
}
