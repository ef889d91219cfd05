package flags

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// Headers of a revision that [Ledger.Put] stored. They are part of the message and of
// nothing else: whoever stores the same document again has to say again who and why.
const (
	HeaderAuthor = "Jetsheet-Author"
	HeaderReason = "Jetsheet-Reason"
	// HeaderForced names what the author overrode; absent where nothing was in the way.
	HeaderForced = "Jetsheet-Forced"
	// HeaderReturn names the group and period of an automatic return, see [ReturnMark].
	HeaderReturn = "Jetsheet-Return"
	// HeaderWrite is a random id by which a writer whose reply was lost finds its own.
	HeaderWrite = "Jetsheet-Write"
)

// MaxReasonBytes is the longest author or reason.
const MaxReasonBytes = 1_000

// ErrChanged says that somebody else stored a revision in between: nothing was stored.
var ErrChanged = errors.New("the flag document was changed meanwhile; look at it with: jetsheet flags get")

// ErrNoRevision says that a revision is not kept (any more).
var ErrNoRevision = errors.New("there is no such revision; list those that are kept with: jetsheet flags history")

// Attribution says who stored a revision and why. The zero value is that of a revision
// of which nobody said it, such as one by nats kv put.
type Attribution struct {
	Author string `json:"author,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Forced names what the author overrode.
	Forced string `json:"forced,omitempty"`
	// Return is the [ReturnMark] of an automatic return.
	Return string `json:"return,omitempty"`
}

func (a Attribution) check() error {
	for _, text := range []string{a.Author, a.Reason} {
		switch {
		case strings.TrimSpace(text) == "":
			return errors.New("a revision needs an author and a reason")
		case len(text) > MaxReasonBytes || !utf8.ValidString(text):
			return fmt.Errorf("author and reason must be UTF-8 of at most %d bytes each", MaxReasonBytes)
		}
	}
	return nil
}

// Revision is one stored value of the flag document's key.
type Revision struct {
	Number uint64
	At     time.Time
	By     Attribution
	// Value is the document as it was stored, nil where the key was deleted.
	Value []byte

	write string
}

// Deleted says that the key was deleted by this revision.
func (r *Revision) Deleted() bool { return r.Value == nil }

// Document reads the revision. The error wraps [ErrDocument], or is [ErrNoFlagDocument]
// for one that deleted the key.
func (r *Revision) Document() (*Document, error) {
	if r.Deleted() {
		return nil, ErrNoFlagDocument
	}
	d, err := ParseDocument(r.Value)
	if err != nil {
		return nil, fmt.Errorf("revision %d: %w", r.Number, err)
	}
	return d, nil
}

// Ledger is the flag document's key with the revisions that are kept of it (64), and who
// stored each. Make it with [OpenLedger]; it may be used concurrently.
type Ledger struct {
	js     jetstream.JetStream
	stream jetstream.Stream
}

// ledgerSubject is where the key's revisions lie in the bucket's stream.
const ledgerSubject = "$KV." + jetsheet.BucketFlags + "." + jetsheet.FlagsKey

// OpenLedger looks up the bucket [jetsheet.BucketFlags]. Without it the error wraps
// [jetstream.ErrStreamNotFound].
func OpenLedger(ctx context.Context, js jetstream.JetStream) (*Ledger, error) {
	stream, err := js.Stream(ctx, "KV_"+jetsheet.BucketFlags)
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", jetsheet.BucketFlags, err)
	}
	return &Ledger{js: js, stream: stream}, nil
}

// Newest returns the newest revision, which may be a deletion. Where there is none at
// all the error is [ErrNoFlagDocument].
func (l *Ledger) Newest(ctx context.Context) (*Revision, error) {
	m, err := l.stream.GetLastMsgForSubject(ctx, ledgerSubject)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return nil, ErrNoFlagDocument
	case err != nil:
		return nil, fmt.Errorf("read the flag document: %w", err)
	}
	return revisionOf(m), nil
}

// At returns one revision. The error wraps [ErrNoRevision] where it is not kept.
func (l *Ledger) At(ctx context.Context, number uint64) (*Revision, error) {
	r, err := l.next(ctx, number)
	if err != nil {
		return nil, err
	}
	if r == nil || r.Number != number {
		return nil, fmt.Errorf("revision %d: %w", number, ErrNoRevision)
	}
	return r, nil
}

// Usable returns the newest revision that is kept whose document can be used, with that;
// nil where none can.
func (l *Ledger) Usable(ctx context.Context) (*Revision, *Document, error) {
	list, err := l.Since(ctx, 0)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range slices.Backward(list) {
		if d, err := r.Document(); err == nil {
			return r, d, nil
		}
	}
	return nil, nil, nil
}

// Since returns the revisions after one, oldest first; after 0 are all that are kept.
func (l *Ledger) Since(ctx context.Context, number uint64) ([]*Revision, error) {
	var list []*Revision
	for {
		r, err := l.next(ctx, number+1)
		if err != nil || r == nil {
			return list, err
		}
		list, number = append(list, r), r.Number
	}
}

// next returns the first revision from a number on, nil where there is none.
func (l *Ledger) next(ctx context.Context, number uint64) (*Revision, error) {
	m, err := l.stream.GetMsg(ctx, number, jetstream.WithGetMsgSubject(ledgerSubject))
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read revision %d of the flag document: %w", number, err)
	}
	return revisionOf(m), nil
}

func revisionOf(m *jetstream.RawStreamMsg) *Revision {
	r := &Revision{
		Number: m.Sequence, At: m.Time, Value: m.Data, write: m.Header.Get(HeaderWrite),
		By: Attribution{
			Author: m.Header.Get(HeaderAuthor), Reason: m.Header.Get(HeaderReason),
			Forced: m.Header.Get(HeaderForced), Return: m.Header.Get(HeaderReturn),
		},
	}
	// Deletions by KV clients and by the server are messages with one of these.
	if m.Header.Get("KV-Operation") != "" || m.Header.Get(jetstream.MarkerReasonHeader) != "" {
		r.Value = nil
	} else if r.Value == nil {
		r.Value = []byte{}
	}
	return r
}

// Put stores a document as the revision after one, by compare-and-set; after 0 there
// must be none. Where another one came in between the error wraps [ErrChanged], and
// where the document is not valid [ErrDocument]: nothing was stored. After any other
// error it is not known.
func (l *Ledger) Put(ctx context.Context, document []byte, after uint64, by Attribution) (*Revision, error) {
	if err := by.check(); err != nil {
		return nil, err
	}
	if _, err := ParseDocument(document); err != nil {
		return nil, err
	}
	m := &nats.Msg{Subject: putSubject(l.js.Options(), ledgerSubject), Data: document, Header: nats.Header{}}
	id := rand.Text()
	for name, value := range map[string]string{
		HeaderAuthor: by.Author, HeaderReason: by.Reason, HeaderForced: by.Forced, HeaderReturn: by.Return, HeaderWrite: id,
	} {
		if value != "" {
			m.Header.Set(name, oneLine(value))
		}
	}
	_, putErr := l.js.PublishMsg(ctx, m, jetstream.WithExpectLastSequencePerSubject(after))
	// Whatever became of the reply, what is stored decides.
	list, err := l.Since(ctx, after)
	for _, r := range list {
		if r.write == id {
			return r, nil
		}
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("store the flag document: %w", errors.Join(putErr, err))
	case len(list) > 0:
		return nil, fmt.Errorf("store the flag document after revision %d: %w", after, ErrChanged)
	case putErr == nil: // stored by another server than the one that is read
		putErr = errors.New("it was acknowledged and cannot be found; look with: jetsheet flags history")
	}
	return nil, fmt.Errorf("store the flag document after revision %d: %w", after, putErr)
}

// putSubject is where a key is written: behind a domain or in another account its subject
// carries what requests carry, as KV clients have it.
func putSubject(o jetstream.JetStreamOptions, subject string) string {
	switch {
	case o.Domain != "":
		return "$JS." + o.Domain + ".API." + subject
	case o.APIPrefix != "" && strings.TrimSuffix(o.APIPrefix, ".")+"." != jetstream.DefaultAPIPrefix:
		return strings.TrimSuffix(o.APIPrefix, ".") + "." + subject
	}
	return subject
}

// oneLine is what a header can hold.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
