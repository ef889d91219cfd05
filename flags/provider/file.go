package provider

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// filePoll is how often a file is looked at. Whoever edits one does not wait longer.
const filePoll = time.Second

// File returns a source for development: a document in a file, which is looked at
// once a second. A file that is read while it is written is invalid for as long; who
// writes should rename a complete file into place.
func File(path string) Source { return &fileSource{path: path, every: filePoll} }

type fileSource struct {
	path  string
	every time.Duration
}

// Run implements [Source].
func (f *fileSource) Run(ctx context.Context, tell func(News)) {
	ticks := time.NewTicker(f.every)
	defer ticks.Stop()
	var last fileState
	for {
		if state := f.look(); !state.same(last) {
			last = state
			tell(f.read(&last))
		}
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return
		}
	}
}

// fileState is what tells that a file is another one.
type fileState struct {
	info fs.FileInfo
	err  error
	// fresh says that the file was written so shortly before it was read that its
	// time need not differ after the next write.
	fresh bool
}

func (f *fileSource) look() fileState {
	info, err := os.Stat(f.path)
	return fileState{info: info, err: err}
}

func (s fileState) same(last fileState) bool {
	if s.info == nil || last.info == nil {
		return s.info == nil && last.info == nil && s.err != nil && last.err != nil && s.err.Error() == last.err.Error()
	}
	return !last.fresh && os.SameFile(s.info, last.info) && s.info.Size() == last.info.Size() && s.info.ModTime().Equal(last.info.ModTime())
}

func (f *fileSource) read(state *fileState) News {
	if state.err == nil {
		var data []byte
		if data, state.err = os.ReadFile(f.path); state.err == nil {
			written := state.info.ModTime()
			state.fresh = time.Since(written) < 2*time.Second
			return News{Document: data, Version: "written " + written.UTC().Format(time.RFC3339Nano)}
		}
		state.info = nil
	}
	kind := ErrUnreachable
	if errors.Is(state.err, fs.ErrNotExist) {
		kind = ErrMissing
	}
	return News{Problem: fmt.Errorf("%w: %w", kind, state.err)}
}
