package local

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/johannesboyne/gofakes3"
)

// path returns the object's file, or an S3 error that says why the key cannot be one.
func (s *objectStore) path(bucket, key string) (string, error) {
	if reason := unusable(key); reason != "" {
		return "", gofakes3.ErrorMessagef(gofakes3.ErrInvalidArgument, "key %q cannot be a file: %s", key, reason)
	}
	return filepath.Join(s.root, bucket, filepath.FromSlash(key)), nil
}

// unusable says why a key cannot be a file's path, or "".
func unusable(key string) string {
	if !utf8.ValidString(key) || strings.ContainsRune(key, 0) {
		return "it is not text"
	}
	if runtime.GOOS == "windows" && strings.ContainsAny(key, `\:*?"<>|`) {
		return "it has a character that Windows keeps for itself"
	}
	for part := range strings.SplitSeq(key, "/") {
		switch {
		case part == "":
			return "a part between slashes is empty"
		case part == "." || part == "..":
			return "a part is " + part
		case len(part) > 255:
			return "a part is longer than 255 bytes"
		case runtime.GOOS == "windows" && strings.TrimRight(part, ". ") != part:
			return "a part ends with a dot or a space"
		}
	}
	return ""
}

// pathError turns the failure to place an object into what S3 can say about its key.
func pathError(key, path string, err error) error {
	if info, statErr := os.Stat(path); statErr == nil && info.IsDir() {
		return gofakes3.ErrorMessagef(gofakes3.ErrInvalidArgument, "key %q cannot be a file: other keys lie below it", key)
	}
	if errors.Is(err, syscall.ENOTDIR) || errors.Is(err, fs.ErrExist) {
		return gofakes3.ErrorMessagef(gofakes3.ErrInvalidArgument, "key %q cannot be a file: another key is its folder", key)
	}
	return err
}

// notFound turns the failure to open an object into S3's answer.
func notFound(key string, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return gofakes3.KeyNotFound(key)
	}
	return err
}

// renameInto renames a file to a path whose folders below top may not exist yet, or may be removed in between because
// the last object beside it is deleted. It does not make top: a bucket that is taken away stays away.
func renameInto(top, from, to string) error {
	var err error
	for range 20 {
		if err = os.Rename(from, to); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := makeFolders(top, filepath.Dir(to)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return err
}

// makeFolders makes dir and what is missing between it and top.
func makeFolders(top, dir string) error {
	if dir == top {
		return nil
	}
	err := os.Mkdir(dir, 0o755)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeFolders(top, filepath.Dir(dir)); err == nil {
			err = os.Mkdir(dir, 0o755)
		}
	}
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// syncDir makes renames in a directory durable. Not every system can; those that cannot have nothing to sync.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err := d.Sync(); err != nil && runtime.GOOS != "windows" {
		return errors.Join(err, d.Close())
	}
	return d.Close()
}
