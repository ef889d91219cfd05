package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// demoMarker is the file that lists what a demo left in its directory. It is the last
// one that is written, and the last one that a later demo removes.
const demoMarker = ".jetsheet-demo"

// demoMarkerText is the content of the marker.
type demoMarkerText struct {
	// Files are those below the directory, by their path with slashes.
	Files map[string]demoFile `json:"files"`
}

// demoFile is a file as the demo left it.
type demoFile struct {
	SizeBytes int64     `json:"sizeBytes"`
	Modified  time.Time `json:"modified"`
}

// demoDir makes the directory, or takes an empty one, or empties one that holds nothing
// but what an earlier demo left there.
func demoDir(dir string, now time.Time) (_ string, made bool, err error) {
	if dir == "" {
		dir = filepath.Join(os.TempDir(), "jetsheet-demo-"+now.Format("20060102-150405"))
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return "", false, fmt.Errorf("directory of the demo: %w", err)
	}
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return "", false, usageError("directory of the demo: %w; give another one with --dir", err)
		}
		return dir, true, nil
	case err != nil:
		return "", false, usageError("directory of the demo: %w; give another one with --dir", err)
	case len(entries) > 0:
		return dir, false, emptyDemoDir(dir)
	}
	return dir, false, nil
}

// emptyDemoDir removes what a demo left. A file that somebody changed or added is a
// reason to remove nothing.
func emptyDemoDir(dir string) (err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return usageError("directory of the demo: %w; give another one with --dir", err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	data, err := root.ReadFile(demoMarker)
	var marker demoMarkerText
	if err == nil {
		err = json.Unmarshal(data, &marker)
	}
	if err != nil {
		return usageError("%s is not empty, and not as a demo left it: give the demo a directory of its own with --dir", dir)
	}
	found, dirs, err := demoFiles(root)
	if err != nil {
		return fmt.Errorf("read the directory of the demo: %w", err)
	}
	for _, path := range slices.Sorted(maps.Keys(found)) {
		left, known := marker.Files[path]
		if !known || left.SizeBytes != found[path].SizeBytes || !left.Modified.Equal(found[path].Modified) {
			return usageError("%s is not as the last demo left it: %s was added or changed since; move it away, or give another directory with --dir",
				dir, printable(filepath.FromSlash(path)))
		}
	}
	slices.Reverse(dirs) // those below another one come first
	for _, path := range slices.Concat(slices.Collect(maps.Keys(found)), dirs, []string{demoMarker}) {
		if err := root.Remove(filepath.FromSlash(path)); err != nil {
			return fmt.Errorf("remove what the last demo left: %w", err)
		}
	}
	return nil
}

// demoFiles lists the files below a directory but for the marker, and the directories in
// the order of a walk. What is no plain file has a size that no file has.
func demoFiles(root *os.Root) (files map[string]demoFile, dirs []string, err error) {
	files = map[string]demoFile{}
	err = fs.WalkDir(root.FS(), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == "." || path == demoMarker {
			return err
		}
		if entry.IsDir() {
			dirs = append(dirs, path)
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		files[path] = demoFile{SizeBytes: info.Size(), Modified: info.ModTime()}
		if !info.Mode().IsRegular() {
			files[path] = demoFile{SizeBytes: -1}
		}
		return nil
	})
	return files, dirs, err
}

// markDemoDir lists what a demo has left, for a later one in the same directory.
func markDemoDir(dir string) (err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("directory of the demo: %w", err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	files, _, err := demoFiles(root)
	if err != nil {
		return fmt.Errorf("read the directory of the demo: %w", err)
	}
	maps.DeleteFunc(files, func(_ string, file demoFile) bool { return file.SizeBytes < 0 })
	data, err := json.Marshal(demoMarkerText{Files: files})
	if err != nil {
		return fmt.Errorf("list what the demo made: %w", err)
	}
	if err := root.WriteFile(demoMarker, data, 0o600); err != nil {
		return fmt.Errorf("list what the demo made: %w", err)
	}
	return nil
}
