package uploader

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// errLost: the workbook is missing or damaged in the object store, so it is to be
// rendered again.
var errLost = errors.New("workbook is missing or damaged in the object store")

// workbooks is the object store between renderer and uploader.
type workbooks struct{ store *delivery.ObjectStore }

func openWorkbooks(ctx context.Context, js jetstream.JetStream) (workbooks, error) {
	store, err := delivery.OpenObjectStore(ctx, js, jetsheet.StoreWorkbooks)
	return workbooks{store}, err
}

// last returns the last message on a subject. Its error wraps [errLost] where there is none.
func (w *workbooks) last(ctx context.Context, subject string) (*jetstream.RawStreamMsg, error) {
	m, err := w.store.Last(ctx, subject)
	return m, w.readError(subject, err)
}

// next returns the first message on a subject at or after a sequence, like last.
func (w *workbooks) next(ctx context.Context, subject string, from uint64) (*jetstream.RawStreamMsg, error) {
	m, err := w.store.Next(ctx, subject, from)
	return m, w.readError(subject, err)
}

// readError says what an error in reading means: lost, or not to be had now.
func (w *workbooks) readError(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return fmt.Errorf("%w: nothing on %s", errLost, what)
	case errors.Is(err, jetstream.ErrObjectNotFound), errors.Is(err, delivery.ErrObjectDamaged):
		return fmt.Errorf("%w: %s: %w", errLost, what, err)
	default:
		return delivery.Unavailable("object store "+jetsheet.StoreWorkbooks, fmt.Errorf("read %s: %w", what, err))
	}
}

// info returns the meta of an object.
func (w *workbooks) info(ctx context.Context, object string) (*jetstream.ObjectInfo, error) {
	info, err := w.store.Info(ctx, object)
	return info, w.readError("meta of "+object, err)
}

// remove deletes an object. Nothing is left of it: names are never used again, so
// nobody needs the mark that the library's Delete leaves, and a million of them
// cost the server 370 MB until they age out. The meta goes first: chunks without
// one are swept up, a meta without chunks would be listed. A workbook of one chunk has
// one token for both and goes with one request.
func (w *workbooks) remove(ctx context.Context, e *event) error {
	nuid := e.NUID
	if nuid == "" {
		info, err := w.info(ctx, e.Object)
		if errors.Is(err, errLost) {
			return nil
		}
		if err != nil {
			return err
		}
		nuid = info.NUID
	}
	const store = jetsheet.StoreWorkbooks
	subjects := []string{jetsheet.ObjectMetaSubject(store, e.Object), jetsheet.ObjectChunkSubject(store, nuid)}
	if nuid == jetsheet.ObjectToken(e.Object) {
		subjects = []string{jetsheet.WholeObjectSubjects(store, e.Object)}
	}
	for _, subject := range subjects {
		if err := w.store.Purge(ctx, subject); err != nil {
			return err
		}
	}
	return nil
}
