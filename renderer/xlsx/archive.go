package xlsx

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"time"

	"github.com/klauspost/compress/flate"
)

// compressionLevel 5 costs a third of the standard library's time for files
// about 5 % larger; the level below costs 20 % less time and 12 % more bytes.
const compressionLevel = 5

// archive writes a workbook's parts one after the other into the destination.
// It adds nothing that differs between two runs.
type archive struct {
	zip *zip.Writer
}

func newArchive(dst io.Writer) *archive {
	a := &archive{zip: zip.NewWriter(dst)}
	a.zip.RegisterCompressor(zip.Deflate, newCompressor)
	return a
}

// part begins the next part; the one before is complete then.
func (a *archive) part(name string) (io.Writer, error) {
	w, err := a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: partTime()})
	if err != nil {
		return nil, fmt.Errorf("begin part %s: %w", name, err)
	}
	return &partWriter{dst: w, name: name}, nil
}

// add writes a whole part.
func (a *archive) add(name string, content []byte) error {
	w, err := a.part(name)
	if err != nil {
		return err
	}
	_, err = w.Write(content)
	return err
}

func (a *archive) close() error {
	if err := a.zip.Close(); err != nil {
		return fmt.Errorf("write the archive's directory: %w", err)
	}
	return nil
}

// partTime is the same for every part of every workbook: the first instant that
// a zip archive can name.
func partTime() time.Time { return time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC) }

var errPartTooLarge = errors.New("the sheet passes 4 GiB of XML; use fewer columns or write fewer rows to one sheet")

// partWriter refuses what needs a zip64 entry: archive/zip writes those with a
// local header that Excel takes for damage.
type partWriter struct {
	dst  io.Writer
	name string
	size int64
}

func (w *partWriter) Write(p []byte) (int, error) {
	w.size += int64(len(p))
	if w.size > math.MaxUint32 {
		return 0, fmt.Errorf("write part %s: %w", w.name, errPartTooLarge)
	}
	n, err := w.dst.Write(p)
	if err != nil {
		return n, fmt.Errorf("write part %s: %w", w.name, err)
	}
	return n, nil
}

// compressors keeps deflate's tables, 0.6 MB each, between workbooks: making
// them costs more than compressing a small sheet.
var compressors sync.Pool

func newCompressor(dst io.Writer) (io.WriteCloser, error) {
	if w, ok := compressors.Get().(*flate.Writer); ok {
		w.Reset(dst)
		return &compressor{w: w}, nil
	}
	w, err := flate.NewWriter(dst, compressionLevel)
	return &compressor{w: w}, err
}

type compressor struct{ w *flate.Writer }

func (c *compressor) Write(p []byte) (int, error) { return c.w.Write(p) }

// Close gives the tables back. One that is never closed, because its workbook
// was given up, is left to the garbage collector.
func (c *compressor) Close() error {
	if c.w == nil {
		return nil
	}
	err := c.w.Close()
	c.w.Reset(io.Discard)
	compressors.Put(c.w)
	c.w = nil
	return err
}
