package uploader

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// errLost: the workbook is missing or damaged in the object store, so it is to be
// rendered again.
var errLost = errors.New("workbook is missing or damaged in the object store")

// storeTimeout bounds one request to the object store: a chunk of 512 KiB takes a
// millisecond.
const storeTimeout = 10 * time.Second

// workbooks is the object store between renderer and uploader, in the format of the
// object store of nats.go: chunks and meta on subjects of one stream.
//
// It is read chunk by chunk, each by a direct get. The library's Get subscribes to
// the chunks instead: they come as fast as the server sends them, up to 32 MiB
// ahead of a slow S3 for every slot, and the whole object within one deadline.
type workbooks struct {
	js     jetstream.JetStream
	stream jetstream.Stream
	leader string // subject of reads that the leader answers
}

func openWorkbooks(ctx context.Context, js jetstream.JetStream) (workbooks, error) {
	name := jetsheet.StoreStream(jetsheet.StoreWorkbooks)
	stream, err := js.Stream(ctx, name)
	if err != nil {
		return workbooks{}, delivery.NotSetUp("object store "+jetsheet.StoreWorkbooks, err)
	}
	prefix := js.Options().APIPrefix
	if domain := js.Options().Domain; domain != "" {
		prefix = "$JS." + domain + ".API."
	}
	if prefix == "" {
		prefix = jetstream.DefaultAPIPrefix
	}
	return workbooks{js: js, stream: stream, leader: strings.TrimSuffix(prefix, ".") + ".STREAM.MSG.GET." + name}, nil
}

// last returns the last message on a subject. A replica may answer a direct get
// before it has what the leader acknowledged, so a miss is asked of the leader; its
// error wraps [errLost].
func (w *workbooks) last(ctx context.Context, subject string) (*jetstream.RawStreamMsg, error) {
	limited, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	m, err := w.stream.GetLastMsgForSubject(limited, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		m, err = w.fromLeader(limited, leaderGet{Last: subject})
	}
	return m, w.readError(subject, err)
}

// next returns the first message on a subject at or after a sequence, like last.
func (w *workbooks) next(ctx context.Context, subject string, from uint64) (*jetstream.RawStreamMsg, error) {
	limited, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	m, err := w.stream.GetMsg(limited, from, jetstream.WithGetMsgSubject(subject))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		m, err = w.fromLeader(limited, leaderGet{Sequence: from, Next: subject})
	}
	return m, w.readError(subject, err)
}

// readError says what an error in reading means: lost, or not to be had now.
func (w *workbooks) readError(subject string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return fmt.Errorf("%w: nothing on %s", errLost, subject)
	default:
		return delivery.Unavailable("object store "+jetsheet.StoreWorkbooks, fmt.Errorf("read %s: %w", subject, err))
	}
}

// leaderGet is a request for a message that only the stream's leader answers; the
// library has no call for it on a stream that allows direct gets.
type leaderGet struct {
	Sequence uint64 `json:"seq,omitempty"`
	Next     string `json:"next_by_subj,omitempty"`
	Last     string `json:"last_by_subj,omitempty"`
}

func (w *workbooks) fromLeader(ctx context.Context, get leaderGet) (*jetstream.RawStreamMsg, error) {
	body, err := json.Marshal(get)
	if err != nil {
		return nil, err
	}
	reply, err := w.js.Conn().RequestWithContext(ctx, w.leader, body)
	if err != nil {
		return nil, fmt.Errorf("ask the leader of object store %s: %w", jetsheet.StoreWorkbooks, err)
	}
	var answer struct {
		Error   *jetstream.APIError `json:"error"`
		Message struct {
			Subject  string `json:"subject"`
			Sequence uint64 `json:"seq"`
			Data     []byte `json:"data"`
		} `json:"message"`
	}
	if err := json.Unmarshal(reply.Data, &answer); err != nil {
		return nil, fmt.Errorf("answer of the leader of object store %s: %w", jetsheet.StoreWorkbooks, err)
	}
	switch {
	case answer.Error == nil:
	case answer.Error.ErrorCode == jetstream.JSErrCodeMessageNotFound:
		return nil, jetstream.ErrMsgNotFound
	default:
		return nil, fmt.Errorf("leader of object store %s: %w", jetsheet.StoreWorkbooks, answer.Error)
	}
	m := answer.Message
	return &jetstream.RawStreamMsg{Subject: m.Subject, Sequence: m.Sequence, Data: m.Data}, nil
}

// info returns the meta of an object.
func (w *workbooks) info(ctx context.Context, object string) (*jetstream.ObjectInfo, error) {
	m, err := w.last(ctx, jetsheet.ObjectMetaSubject(jetsheet.StoreWorkbooks, object))
	if err != nil {
		return nil, err
	}
	var info jetstream.ObjectInfo
	if err := json.Unmarshal(m.Data, &info); err != nil {
		return nil, fmt.Errorf("%w: meta of %s: %w", errLost, object, err)
	}
	if info.Deleted || !jetsheet.ValidNUID(info.NUID) {
		return nil, fmt.Errorf("%w: %s is deleted", errLost, object)
	}
	return &info, nil
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
		if err := w.stream.Purge(ctx, jetstream.WithPurgeSubject(subject)); err != nil {
			return fmt.Errorf("purge %s from object store %s: %w", subject, store, err)
		}
	}
	return nil
}
