package verify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

// memoryBytes is up to which size a workbook is held in memory.
const memoryBytes = 4 << 20

// objectCopy is an object's bytes at hand, for a reader that goes back and forth. The
// caller closes it.
type objectCopy struct {
	io.ReaderAt
	size   int64
	sha256 string
	file   *os.File
}

// copyObject reads a body once, to memory or, when it is large, to a temporary file.
func (v *verifier) copyObject(ctx context.Context, body io.Reader) (*objectCopy, error) {
	sum := sha256.New()
	from := io.TeeReader(readerFunc(func(p []byte) (int, error) {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		return body.Read(p)
	}), sum)
	var head bytes.Buffer
	size, err := io.CopyN(&head, from, memoryBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	c := &objectCopy{ReaderAt: bytes.NewReader(head.Bytes()), size: size}
	if err == nil { // there may be more
		if err := c.spill(v.cfg.Dir, &head, from); err != nil {
			return nil, errors.Join(err, c.discard())
		}
	}
	c.sha256 = hex.EncodeToString(sum.Sum(nil))
	return c, nil
}

// spill moves on to a file.
func (c *objectCopy) spill(dir string, head, rest io.Reader) error {
	var err error
	if c.file, err = os.CreateTemp(dir, "jetsheet-verify-*"); err != nil {
		return fmt.Errorf("make a temporary copy of a workbook: %w", err)
	}
	if c.size, err = io.Copy(c.file, io.MultiReader(head, rest)); err != nil {
		return err
	}
	c.ReaderAt = c.file
	return nil
}

func (c *objectCopy) discard() error {
	if c.file == nil {
		return nil
	}
	name := c.file.Name()
	return errors.Join(c.file.Close(), os.Remove(name))
}

// close removes the temporary file, if there is one; that it stays is no reason to fail
// a check.
func (c *objectCopy) close() { _ = c.discard() }

// readerFunc is a function as an [io.Reader].
type readerFunc func(p []byte) (int, error)

// Read calls the function.
func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
