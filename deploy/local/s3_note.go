package local

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/johannesboyne/gofakes3"
)

// note is what S3 knows of an object besides its bytes. It belongs to the file that has its size and time: a file that
// somebody put or saved into the folder by hand is an object without metadata, whose ETag is computed when asked for.
type note struct {
	Key      string            `json:"key"`
	Size     int64             `json:"size"`
	Modified int64             `json:"modified"` // the file's, in Unix nanoseconds
	ETag     string            `json:"etag"`     // hexadecimal, without quotes
	Stored   time.Time         `json:"stored"`
	Headers  map[string]string `json:"headers"`
	// Previous is the note on the file that was to be replaced, true until it was.
	Previous *note `json:"previous,omitempty"`
}

// maxUserMetadata is S3's limit on names and values of x-amz-meta-*.
const maxUserMetadata = 2048

// newNote takes from a request's headers what S3 keeps.
func newNote(key string, headers map[string]string) (note, error) {
	n := note{Key: key, Stored: time.Now().UTC(), Headers: map[string]string{}}
	size := 0
	for name, value := range headers {
		switch {
		case strings.HasPrefix(name, "X-Amz-Meta-"):
			size += len(name) - len("X-Amz-Meta-") + len(value)
		case name == "X-Amz-Checksum-Sha256" || name == "X-Amz-Checksum-Crc32": // verified, see verifiedBody
		case strings.HasPrefix(name, "Content-"):
		default:
			continue
		}
		n.Headers[name] = value
	}
	if size > maxUserMetadata {
		return n, gofakes3.ErrMetadataTooLarge
	}
	return n, nil
}

// headers returns the note as an answer's headers.
func (n note) headers(info os.FileInfo) map[string]string {
	h := map[string]string{"Last-Modified": n.modified(info).Format(http.TimeFormat)}
	for name, value := range n.Headers {
		h[name] = value
	}
	return h
}

func (n note) modified(info os.FileInfo) time.Time {
	if n.Stored.IsZero() {
		return info.ModTime().UTC()
	}
	return n.Stored
}

func (n note) describes(info os.FileInfo) bool {
	return n.Size == info.Size() && n.Modified == info.ModTime().UnixNano()
}

// notePath is by a digest, since a key's folders would need folders here and a key may be longer than a file name.
func (s *objectStore) notePath(bucket, key string) string {
	sum := sha256.Sum256([]byte(key))
	name := hex.EncodeToString(sum[:16])
	return filepath.Join(s.private, "notes", bucket, name[:2], name[2:]+".json")
}

// currentNote returns the note on the object at path and whether there is an object. needETag asks for the ETag of a
// file without a note, which costs reading it.
func currentNote(path, notePath string, needETag bool) (note, bool, error) {
	info, err := os.Stat(path)
	if err != nil || info.IsDir() {
		return note{}, false, nil //nolint:nilerr // no such object; what else is wrong shows at the write
	}
	n, err := readNote(path, notePath, info, needETag)
	return n, true, err
}

// readNote returns the note on the file, or makes one up for a file that nobody stored through S3.
func readNote(path, notePath string, info os.FileInfo, needETag bool) (note, error) {
	text, err := os.ReadFile(notePath)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return note{}, err
	}
	var n note
	if err == nil && json.Unmarshal(text, &n) == nil { // a damaged note is as good as none
		if n.describes(info) {
			return n, nil
		}
		if n.Previous != nil && n.Previous.describes(info) {
			return *n.Previous, nil
		}
	}
	n = note{Size: info.Size(), Modified: info.ModTime().UnixNano()}
	if needETag {
		n.ETag, err = fileETag(path)
	} else {
		err = nil
	}
	return n, err
}

func fileETag(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	sum := md5.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func (s *objectStore) writeNote(path string, n note) error {
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	staged := filepath.Join(s.private, "new", rand.Text())
	if err := s.writeFile(staged, text); err != nil {
		return err
	}
	if err := renameInto(filepath.Join(s.private, "notes"), staged, path); err != nil {
		removeQuietly(staged)
		return err
	}
	if s.durable {
		return syncDir(filepath.Dir(path))
	}
	return nil
}

func (s *objectStore) writeFile(path string, text []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err == nil && s.durable {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}
