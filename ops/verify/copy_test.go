package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"testing"
	"testing/iotest"
)

func TestCopies(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, memoryBytes - 1, memoryBytes, memoryBytes + 1, 3*memoryBytes + 5} {
		body := bytes.Repeat([]byte("0123456789abcde"), size/15+1)[:size]
		dir := t.TempDir()
		v := &verifier{cfg: Config{Dir: dir}}
		got, err := v.copyObject(t.Context(), bytes.NewReader(body))
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		read, err := io.ReadAll(io.NewSectionReader(got, 0, got.size))
		sum := sha256.Sum256(body)
		if err != nil || !bytes.Equal(read, body) || got.size != int64(size) || got.sha256 != hex.EncodeToString(sum[:]) {
			t.Errorf("%d bytes: %v, got %d bytes with sha256 %s, want %d with %x", size, err, got.size, got.sha256, size, sum)
		}
		got.close()
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%d bytes: %v, left %v, want nothing", size, err, left)
		}
	}
}

// TestBrokenCopiesLeaveNothing ends the reading beyond what is held in memory.
func TestBrokenCopiesLeaveNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	v := &verifier{cfg: Config{Dir: dir}}
	broken := errors.New("connection reset")
	body := io.MultiReader(bytes.NewReader(make([]byte, 2*memoryBytes)), iotest.ErrReader(broken))
	if _, err := v.copyObject(t.Context(), body); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v, left %v, want nothing", err, left)
	}
}
