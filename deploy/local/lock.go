package local

import (
	"context"
	"fmt"
	"os"
	"time"
)

// lockMode is how a lock file is held.
type lockMode int

const (
	shared lockMode = iota
	exclusive
)

// lock is a held lock on a file. The system gives it back when the process dies, however it dies: that is why it, and
// not a process id, says whether an owner lives.
type lock struct{ file *os.File }

// lockFile waits for a lock on the file at path, which is made if missing and never removed by unlock.
func lockFile(ctx context.Context, path string, mode lockMode) (lock, error) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		held, ok, err := tryLock(path, mode)
		if err != nil || ok {
			return held, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return lock{}, fmt.Errorf("wait for the lock %s: %w", path, context.Cause(ctx))
		}
	}
}

// tryLock takes the lock if nobody holds it against mode.
func tryLock(path string, mode lockMode) (lock, bool, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return lock{}, false, err
	}
	ok, err := flock(file, mode)
	if err != nil {
		err = fmt.Errorf("lock %s: %w", path, err)
	}
	if err != nil || !ok {
		_ = file.Close()
		return lock{}, false, err
	}
	return lock{file}, true, nil
}

// unlock gives the lock back; a second call and one on the zero value do nothing.
func (l lock) unlock() {
	if l.file != nil {
		_ = l.file.Close()
	}
}
