package notify

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"slices"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops"
)

// Subject is where a runner answers requests with an [Overview].
const Subject = jetsheet.SubjectOps + ".notices"

// maxShown is the most notices in an overview: it has to fit a message.
const maxShown = 100

// Overview is what is open, and how the channels stand.
type Overview struct {
	// Open counts the open notices; Notices are the newest of them, 100 at most.
	Open    int       `json:"open"`
	Notices []*Notice `json:"notices"`
	// Channels are by name. A channel that never had anything to tell is not there.
	Channels []*ChannelState `json:"channels"`
}

// Read returns the overview. A missing bucket is an error that wraps
// delivery.ErrNotSetUp.
func Read(ctx context.Context, js jetstream.JetStream) (*Overview, error) {
	b, err := openBucket(ctx, js)
	if err != nil {
		return nil, err
	}
	return b.overview(ctx)
}

func (b *bucket) overview(ctx context.Context) (*Overview, error) {
	have, err := b.read(ctx)
	if err != nil {
		return nil, err
	}
	o := &Overview{Notices: slices.DeleteFunc(have.list(), (*Notice).Mended), Channels: []*ChannelState{}}
	for _, s := range have.channels {
		o.Channels = append(o.Channels, s)
	}
	slices.SortFunc(o.Channels, func(a, b *ChannelState) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(o.Notices, func(a, b *Notice) int {
		return cmp.Or(b.OpenedAt.Compare(a.OpenedAt), cmp.Compare(a.Key, b.Key))
	})
	o.Open = len(o.Notices)
	o.Notices = o.Notices[:min(o.Open, maxShown)]
	return o, nil
}

// answer answers a request for the overview, and an error as [ops.Service] does.
func (r *Runner) answer(ctx context.Context, m *nats.Msg) {
	limited, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	reply := nats.NewMsg(m.Reply)
	err := ops.ReadRequest(m.Data, &struct{}{}) // nothing can be asked for but all of it
	if err == nil {
		reply.Data, err = r.encodeOverview(limited)
	}
	if err != nil {
		ops.Refuse(reply, err)
	}
	if err := m.RespondMsg(reply); err != nil {
		r.log.WarnContext(ctx, "answer not sent", slog.String("endpoint", "notices"), slog.Any("err", err))
	}
}

// encodeOverview leaves out notices that do not fit the message; they are counted all the
// same.
func (r *Runner) encodeOverview(ctx context.Context) ([]byte, error) {
	o, err := r.bucket.overview(ctx)
	if err != nil {
		return nil, err
	}
	if n := r.unkept.current(); n != nil { // it stands nowhere else
		o.Open, o.Notices = o.Open+1, append([]*Notice{n}, o.Notices...)
	}
	for {
		body, err := json.Marshal(o)
		if err != nil || int64(len(body)) <= r.cfg.JetStream.Conn().MaxPayload() || len(o.Notices) == 0 {
			return body, err
		}
		o.Notices = o.Notices[:len(o.Notices)/2]
	}
}
