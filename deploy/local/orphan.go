package local

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// owned is what a process registers before it makes it, so that a later one can remove it.
type owned struct {
	// Home is a temporary directory that goes with its owner.
	Home string `json:"home"`
	// Data is the server's data directory, empty if there is no server. It is removed only if it lies in Home.
	Data string `json:"data"`
}

// registration is an entry in the register of this user's servers: a file that its owner keeps locked.
type registration struct {
	path string
	held lock
}

// registerDir returns the register with its own lock taken, under which entries are made and reaped.
func registerDir(ctx context.Context) (string, lock, error) {
	dir, err := stateDir("servers")
	if err != nil {
		return "", lock{}, err
	}
	held, err := lockFile(ctx, filepath.Join(dir, "register.lock"), exclusive)
	return dir, held, err
}

func register(ctx context.Context, o owned) (*registration, error) {
	dir, gate, err := registerDir(ctx)
	if err != nil {
		return nil, err
	}
	defer gate.unlock()
	r := &registration{path: filepath.Join(dir, rand.Text()[:16]+".json")}
	held, ok, err := tryLock(r.path, exclusive)
	if err != nil || !ok {
		return nil, fmt.Errorf("register the server in %s: %w", r.path, errors.Join(err, fs.ErrExist))
	}
	r.held = held
	if err := json.NewEncoder(held.file).Encode(o); err != nil {
		return nil, errors.Join(fmt.Errorf("register the server in %s: %w", r.path, err), r.remove())
	}
	return r, nil
}

// remove ends the registration; nil and a second call are harmless.
func (r *registration) remove() error {
	if r == nil {
		return nil
	}
	r.held.unlock() // first: an open file cannot be removed on Windows
	if err := os.Remove(r.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the server's registration: %w", err)
	}
	return nil
}

// reapOrphans stops servers whose owner died without stopping them and removes their temporary directories. One that
// cannot be removed now stays registered for the next start: it is no reason not to start.
func reapOrphans(ctx context.Context) error {
	dir, gate, err := registerDir(ctx)
	if err != nil {
		return err
	}
	defer gate.unlock()
	entries, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return err
	}
	for _, path := range entries {
		if err := reapEntry(ctx, path); err != nil && ctx.Err() != nil {
			return fmt.Errorf("remove what a dead process left, registered in %s: %w", path, err)
		}
	}
	return nil
}

func reapEntry(ctx context.Context, path string) error {
	held, dead, err := tryLock(path, exclusive)
	if err != nil || !dead {
		return err
	}
	entry := &registration{path: path, held: held}
	var o owned
	if err := json.NewDecoder(held.file).Decode(&o); err != nil {
		return entry.remove() // its owner died while writing it and had made nothing yet
	}
	if err := reapServer(ctx, o); err != nil {
		held.unlock()
		return err
	}
	return entry.remove()
}

func reapServer(ctx context.Context, o owned) error {
	if o.Data != "" {
		if err := killOrphan(ctx, o.Data); err != nil {
			return err
		}
	}
	// Never anything but what place makes, whatever the file says.
	if !strings.HasPrefix(filepath.Base(o.Home), homePrefix) {
		return nil
	}
	return removeAll(o.Home)
}

// killOrphan ends the server of a data directory, if it still runs. A process that merely has the recorded id, because
// the system gave it out again, is left alone.
func killOrphan(ctx context.Context, data string) error {
	state, err := readPostmaster(data)
	if err != nil || !serves(ctx, state.pid, data) {
		return nil // where there is no readable postmaster.pid, nothing runs
	}
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	patience := time.NewTimer(stopLimit / 3)
	defer patience.Stop()
	if err := interrupt(ctx, state.pid, data, immediate); err != nil {
		return err
	}
	for serves(ctx, state.pid, data) {
		select {
		case <-tick.C:
		case <-patience.C:
			if err := interrupt(ctx, state.pid, data, kill); err != nil {
				return err
			}
		case <-ctx.Done():
			return fmt.Errorf("wait for the orphaned postgresql %d: %w", state.pid, context.Cause(ctx))
		}
	}
	return nil
}
