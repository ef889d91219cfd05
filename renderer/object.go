package renderer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// putLimit bounds the writing of one object; an object store without a deadline
// gives up after 5 s.
const putLimit = 45 * time.Minute

// storedObject is a workbook in the store.
type storedObject struct {
	nuid   string // set when the object is one chunk
	size   int64
	sha256 string
}

// objectWriter is the destination of one workbook. The first chunk is gathered in
// memory: most workbooks are no larger, and take the short way. A larger one is
// streamed through the library's Put from then on.
type objectWriter struct {
	s     *objectStore
	ctx   context.Context //nolint:containedctx // a writer's life is one attempt
	name  string
	chunk *[]byte
	sum   hash.Hash
	size  int64

	pipe   *io.PipeWriter
	put    chan struct{} // closed when the library's Put has ended
	putErr error         // of that Put; read it once put is closed
	// cancelPut gives that Put up.
	cancelPut context.CancelFunc
	failed    error
}

func (s *objectStore) create(ctx context.Context, name string) *objectWriter {
	chunk, ok := s.chunks.Get().(*[]byte)
	if !ok {
		chunk = new([]byte)
	}
	*chunk = (*chunk)[:0]
	return &objectWriter{s: s, ctx: ctx, name: name, chunk: chunk, sum: sha256.New()}
}

// Write implements [io.Writer].
func (w *objectWriter) Write(p []byte) (int, error) {
	_, _ = w.sum.Write(p) // a hash does not fail
	w.size += int64(len(p))
	if w.pipe == nil {
		if len(*w.chunk)+len(p) <= cap(*w.chunk) {
			*w.chunk = append(*w.chunk, p...)
			return len(p), nil
		}
		w.stream()
	}
	n, err := w.pipe.Write(p)
	if err != nil {
		w.failed = err
	}
	return n, err
}

// stream goes over to the library's Put, beginning with what was gathered.
func (w *objectWriter) stream() {
	reader, writer := io.Pipe()
	w.pipe, w.put = writer, make(chan struct{})
	ctx, cancel := context.WithTimeout(w.ctx, putLimit)
	w.cancelPut = cancel
	source := fullChunks{io.MultiReader(bytes.NewReader(*w.chunk), reader)}
	ended := w.put
	go func() {
		defer cancel()
		meta := jetstream.ObjectMeta{Name: w.name, Opts: &jetstream.ObjectMetaOptions{ChunkSize: jetsheet.ChunkBytes}}
		err := delivery.PutObject(ctx, w.s.store, meta, source)
		reader.CloseWithError(errors.Join(err, io.ErrClosedPipe))
		w.putErr = err
		close(ended)
	}()
}

// fullChunks fills what it is given: the object store makes a chunk of every read.
type fullChunks struct{ r io.Reader }

func (f fullChunks) Read(p []byte) (int, error) {
	n, err := io.ReadFull(f.r, p)
	if n > 0 && (errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)) {
		return n, nil
	}
	return n, err
}

// failure returns the error of the store, if that is what made a Write fail.
func (w *objectWriter) failure() error { return w.failed }

// close completes the object and waits until it is stored.
func (w *objectWriter) close(ctx context.Context) (*storedObject, error) {
	stored := &storedObject{size: w.size, sha256: hex.EncodeToString(w.sum.Sum(nil))}
	if w.pipe == nil {
		// The chunk has the token of its meta, so that one purge removes both: the
		// name is new for every attempt, and the store's format asks for no more.
		stored.nuid = jetsheet.ObjectToken(w.name)
		if err := w.putChunk(ctx, stored); err != nil {
			w.s.remove(ctx, w.name)
			return nil, err
		}
		return stored, nil
	}
	_ = w.pipe.Close()
	<-w.put
	w.put = nil
	if w.putErr != nil {
		return nil, w.putErr
	}
	return stored, nil
}

// discard frees the writer; an object that was not completed is given up. It may
// be called after close.
func (w *objectWriter) discard() {
	if w.put != nil {
		_ = w.pipe.CloseWithError(errors.New("workbook given up")) // it never fails
		// The library purges what it stored, which must not hold the slot for long.
		late := time.AfterFunc(removeLimit, w.cancelPut)
		<-w.put
		late.Stop()
		w.put = nil
	}
	if w.chunk != nil {
		w.s.chunks.Put(w.chunk)
		w.chunk = nil
	}
}

// putChunk stores an object of one chunk: chunk and meta are published together
// and both awaited. It is the library's format at half its cost, which is spent on
// a publisher of its own for every object. The chunk goes first: a reader never
// sees a meta without it.
func (w *objectWriter) putChunk(ctx context.Context, stored *storedObject) error {
	digest := base64.URLEncoding.EncodeToString(w.sum.Sum(nil))
	info := jetstream.ObjectInfo{
		ObjectMeta: jetstream.ObjectMeta{Name: w.name, Opts: &jetstream.ObjectMetaOptions{ChunkSize: jetsheet.ChunkBytes}},
		Bucket:     jetsheet.StoreWorkbooks, NUID: stored.nuid, Size: uint64(w.size), Chunks: 1, //nolint:gosec // a length
		Digest: "SHA-256=" + digest,
	}
	meta, err := json.Marshal(info)
	if err != nil {
		return fmt.Errorf("encode object info: %w", err)
	}
	chunkAck, err := w.s.js.PublishMsgAsync(&nats.Msg{
		Subject: jetsheet.ObjectChunkSubject(jetsheet.StoreWorkbooks, stored.nuid), Data: *w.chunk,
	})
	if err != nil {
		return fmt.Errorf("publish chunk: %w", err)
	}
	m := nats.NewMsg(jetsheet.ObjectMetaSubject(jetsheet.StoreWorkbooks, w.name))
	m.Header.Set(jetstream.MsgRollup, jetstream.MsgRollupSubject)
	m.Data = meta
	metaAck, err := w.s.js.PublishMsgAsync(m)
	if err != nil {
		return fmt.Errorf("publish object info: %w", err)
	}
	chunkErr, metaErr := await(ctx, chunkAck), await(ctx, metaAck)
	if chunkErr != nil { // the meta's error is most often the same
		return chunkErr
	}
	return metaErr
}

func await(ctx context.Context, ack jetstream.PubAckFuture) error {
	timer := time.NewTimer(10 * time.Second)
	defer timer.Stop()
	select {
	case <-ack.Ok():
		return nil
	case err := <-ack.Err():
		return err
	case <-timer.C:
		return errors.New("object store did not acknowledge within 10 s")
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
