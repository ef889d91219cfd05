package local

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// sealName is the file beside a cached tree's files that says how many there are and how long they are together. Caches
// are cleaned by others, file by file: what no longer agrees is not used.
const sealName = "jetsheet.seal"

// copyTree copies a directory to a place that does not exist yet and gives it to the account.
func copyTree(from, to string, as account) error {
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case entry.IsDir():
			err = os.Mkdir(target, 0o700)
		case rel == sealName:
			return nil
		case entry.Type().IsRegular():
			err = copyFile(path, target)
		default:
			return fmt.Errorf("%s is neither a file nor a directory", path)
		}
		if err != nil {
			return err
		}
		return as.own(target)
	})
	if err != nil {
		return errors.Join(fmt.Errorf("copy %s: %w", from, err), os.RemoveAll(to))
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// sealTree marks a tree as whole.
func sealTree(dir string) error {
	sum, err := measure(dir)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, sealName), []byte(sum), 0o600)
}

// checkTree returns an error unless the tree is as it was sealed.
func checkTree(dir string) error {
	want, err := os.ReadFile(filepath.Join(dir, sealName))
	if err != nil {
		return err
	}
	got, err := measure(dir)
	if err != nil {
		return err
	}
	if got != string(want) {
		return fmt.Errorf("%s holds %s (files and bytes), sealed was %s", dir, got, want)
	}
	return nil
}

func measure(dir string) (string, error) {
	var files, bytes int64
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || strings.HasSuffix(path, sealName) {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		files++
		if entry.Type().IsRegular() {
			bytes += info.Size()
		}
		return nil
	})
	return strconv.FormatInt(files, 10) + " " + strconv.FormatInt(bytes, 10), err
}
