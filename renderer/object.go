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
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// putLimit bounds the writing of one object; an object store without a deadline
// gives up after 5 s.
const putLimit = 45 * time.Minute

// removeLimit bounds clearing up after a failed put.
const removeLimit = 5 * time.Second

// highWater is the share of the store from which renderers stop fetching: what is
// in work must still fit.
const highWater = 0.8

// objectStore writes workbooks into the object store.
type objectStore struct {
	js     jetstream.JetStream
	store  jetstream.ObjectStore
	chunks sync.Pool
}

func newObjectStore(ctx context.Context, js jetstream.JetStream) (*objectStore, error) {
	store, err := js.ObjectStore(ctx, jetsheet.StoreWorkbooks)
	if err != nil {
		return nil, delivery.NotSetUp("object store "+jetsheet.StoreWorkbooks, err)
	}
	return &objectStore{js: js, store: store, chunks: sync.Pool{New: func() any {
		chunk := make([]byte, 0, jetsheet.ChunkBytes)
		return &chunk
	}}}, nil
}

// gate refuses while the store is nearly full: the uploader is down or slow, and
// what is rendered now could not be stored.
func (s *objectStore) gate(ctx context.Context) error {
	stream, err := s.js.Stream(ctx, "OBJ_"+jetsheet.StoreWorkbooks)
	if err != nil {
		return fmt.Errorf("look at object store %s: %w", jetsheet.StoreWorkbooks, err)
	}
	info := stream.CachedInfo()
	used, limit := float64(info.State.Bytes), float64(info.Config.MaxBytes)
	if limit > 0 && used > highWater*limit {
		return fmt.Errorf("object store %s is %.0f %% full; uploaders must catch up first", jetsheet.StoreWorkbooks, 100*used/limit)
	}
	return nil
}

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
		_, err := w.s.store.Put(ctx, meta, source)
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
		stored.nuid = nameToken(w.name)
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

// remove clears away what a failed put may have left: a full store refuses the chunk
// and may take its meta, which is smaller. What cannot be removed goes with the
// store's age limit; nobody was told its name.
func (s *objectStore) remove(ctx context.Context, name string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeLimit)
	defer cancel()
	stream, err := s.js.Stream(ctx, "OBJ_"+jetsheet.StoreWorkbooks)
	if err == nil {
		_ = stream.Purge(ctx, jetstream.WithPurgeSubject("$O."+jetsheet.StoreWorkbooks+".*."+nameToken(name)))
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
	chunkAck, err := w.s.js.PublishMsgAsync(&nats.Msg{Subject: "$O." + jetsheet.StoreWorkbooks + ".C." + stored.nuid, Data: *w.chunk})
	if err != nil {
		return fmt.Errorf("publish chunk: %w", err)
	}
	m := nats.NewMsg("$O." + jetsheet.StoreWorkbooks + ".M." + nameToken(w.name))
	m.Header.Set(jetstream.MsgRollup, jetstream.MsgRollupSubject)
	m.Data = meta
	metaAck, err := w.s.js.PublishMsgAsync(m)
	if err != nil {
		return fmt.Errorf("publish object info: %w", err)
	}
	return errors.Join(await(ctx, chunkAck), await(ctx, metaAck))
}

// nameToken is the token under which the store keeps an object's meta.
func nameToken(name string) string { return base64.URLEncoding.EncodeToString([]byte(name)) }

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

// storeProblem says that the object store cannot take a workbook now: it is full,
// or NATS is away. Either passes.
func storeProblem(err error) error {
	return delivery.Unavailable("object store "+jetsheet.StoreWorkbooks, fmt.Errorf("store workbook: %w", err))
}
