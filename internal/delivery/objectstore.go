package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// ErrObjectDamaged means that an object store has not what an object's meta tells of.
var ErrObjectDamaged = errors.New("object is damaged")

// ObjectStore reads what lies in an object store of nats.go: chunks and meta on subjects
// of one stream. It may be used concurrently.
//
// It reads chunk by chunk, each by a direct get. The library's Get subscribes to the
// chunks instead: they come as fast as the server sends them, up to 32 MiB ahead of a slow
// reader, and the whole object within one deadline; it waits for chunks that are gone; and
// an answer that is lost on its way leaves a goroutine of it behind for good.
type ObjectStore struct {
	js     jetstream.JetStream
	name   string
	stream jetstream.Stream
	leader string // subject of reads that the leader answers
}

// OpenObjectStore looks a store up. Where it is missing, the error is of [NotSetUp].
func OpenObjectStore(ctx context.Context, js jetstream.JetStream, name string) (*ObjectStore, error) {
	stream, err := js.Stream(ctx, jetsheet.StoreStream(name))
	if err != nil {
		return nil, NotSetUp("object store "+name, err)
	}
	prefix := js.Options().APIPrefix
	if domain := js.Options().Domain; domain != "" {
		prefix = "$JS." + domain + ".API."
	}
	if prefix == "" {
		prefix = jetstream.DefaultAPIPrefix
	}
	leader := strings.TrimSuffix(prefix, ".") + ".STREAM.MSG.GET." + jetsheet.StoreStream(name)
	return &ObjectStore{js: js, name: name, stream: stream, leader: leader}, nil
}

// Last returns the last message on a subject of the store. A replica may answer a direct
// get before it has what the leader acknowledged, so a miss is asked of the leader; its
// error wraps [jetstream.ErrMsgNotFound].
func (s *ObjectStore) Last(ctx context.Context, subject string) (*jetstream.RawStreamMsg, error) {
	ctx, cancel := limitRead(ctx)
	defer cancel()
	m, err := s.stream.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		m, err = s.fromLeader(ctx, leaderGet{Last: subject})
	}
	return m, silence(ctx, err)
}

// Next returns the first message on a subject at or after a sequence, like Last.
func (s *ObjectStore) Next(ctx context.Context, subject string, from uint64) (*jetstream.RawStreamMsg, error) {
	ctx, cancel := limitRead(ctx)
	defer cancel()
	m, err := s.stream.GetMsg(ctx, from, jetstream.WithGetMsgSubject(subject))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		m, err = s.fromLeader(ctx, leaderGet{Sequence: from, Next: subject})
	}
	return m, silence(ctx, err)
}

func limitRead(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, storeSilence, fmt.Errorf("%w for %s", ErrStoreSilent, storeSilence))
}

// Info returns the meta of an object. The error wraps [jetstream.ErrObjectNotFound], also
// for one that is deleted, or [ErrObjectDamaged].
func (s *ObjectStore) Info(ctx context.Context, object string) (*jetstream.ObjectInfo, error) {
	m, err := s.Last(ctx, jetsheet.ObjectMetaSubject(s.name, object))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, jetstream.ErrObjectNotFound
	}
	if err != nil {
		return nil, err
	}
	var info jetstream.ObjectInfo
	if err := json.Unmarshal(m.Data, &info); err != nil {
		return nil, fmt.Errorf("%w: its meta: %w", ErrObjectDamaged, err)
	}
	if info.Deleted {
		return nil, jetstream.ErrObjectNotFound
	}
	if !jetsheet.ValidNUID(info.NUID) {
		return nil, fmt.Errorf("%w: its meta has the nuid %q", ErrObjectDamaged, info.NUID)
	}
	return &info, nil
}

// Purge removes what lies on a subject.
func (s *ObjectStore) Purge(ctx context.Context, subject string) error {
	if err := s.stream.Purge(ctx, jetstream.WithPurgeSubject(subject)); err != nil {
		return fmt.Errorf("purge %s from object store %s: %w", subject, s.name, err)
	}
	return nil
}

// leaderGet is a request for a message that only the stream's leader answers; the
// library has no call for it on a stream that allows direct gets.
type leaderGet struct {
	Sequence uint64 `json:"seq,omitempty"`
	Next     string `json:"next_by_subj,omitempty"`
	Last     string `json:"last_by_subj,omitempty"`
}

func (s *ObjectStore) fromLeader(ctx context.Context, get leaderGet) (*jetstream.RawStreamMsg, error) {
	body, err := json.Marshal(get)
	if err != nil {
		return nil, err
	}
	reply, err := s.js.Conn().RequestWithContext(ctx, s.leader, body)
	if err != nil {
		return nil, fmt.Errorf("ask the leader of object store %s: %w", s.name, err)
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
		return nil, fmt.Errorf("answer of the leader of object store %s: %w", s.name, err)
	}
	switch {
	case answer.Error == nil:
	case answer.Error.ErrorCode == jetstream.JSErrCodeMessageNotFound:
		return nil, jetstream.ErrMsgNotFound
	default:
		return nil, fmt.Errorf("leader of object store %s: %w", s.name, answer.Error)
	}
	m := answer.Message
	return &jetstream.RawStreamMsg{Subject: m.Subject, Sequence: m.Sequence, Data: m.Data}, nil
}
