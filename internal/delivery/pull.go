package delivery

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// The pulls are made by hand on one inbox: a subscription for each fetch costs
// more than the fetch, and a pull that is given up must not lose a message that is
// already on its way, as closing a subscription would.

// standingExpiry is how long a pull waits on the server when all queues are empty.
const standingExpiry = 30 * time.Second

// probePatience is how long an empty-handed answer may take. A queue whose cap is
// reached answers only when a message is free: it is then asked no more, the pull
// stays.
const probePatience = 100 * time.Millisecond

// puller holds at most one pull per queue.
type puller struct {
	conn   *nats.Conn
	inbox  string
	sub    *nats.Subscription
	msgs   chan *nats.Msg
	apis   []string
	queues map[string]int
	out    []pull
}

// pull is the state of one queue.
type pull struct {
	outstanding bool
	since       time.Time
	// probing: the pull was sent to learn whether there is a message now.
	probing bool
	// empty: the last answer was that there is none.
	empty bool
}

func newPuller(conn *nats.Conn, apiPrefix, stream string, queues []Queue) (*puller, error) {
	p := &puller{
		conn:   conn,
		inbox:  conn.NewInbox(),
		msgs:   make(chan *nats.Msg, 64),
		queues: map[string]int{},
		out:    make([]pull, len(queues)),
	}
	for i, q := range queues {
		p.apis = append(p.apis, apiPrefix+"CONSUMER.MSG.NEXT."+stream+"."+q.Consumer)
		p.queues[q.Consumer] = i
	}
	var err error
	if p.sub, err = conn.ChanSubscribe(p.inbox+".*", p.msgs); err != nil {
		return nil, fmt.Errorf("subscribe to %s: %w", p.inbox, err)
	}
	return p, nil
}

// probe asks a queue for a message that is there now.
func (p *puller) probe(queue int, now time.Time) error {
	p.out[queue] = pull{outstanding: true, probing: true, since: now}
	return p.request(queue, `{"batch":1,"no_wait":true}`)
}

// stand leaves a pull with the server until a message comes.
func (p *puller) stand(queue int, now time.Time) error {
	p.out[queue] = pull{outstanding: true, since: now}
	return p.request(queue, `{"batch":1,"expires":`+strconv.FormatInt(int64(standingExpiry), 10)+`}`)
}

func (p *puller) request(queue int, body string) error {
	reply := p.inbox + "." + strconv.Itoa(queue)
	if err := p.conn.PublishRequest(p.apis[queue], reply, []byte(body)); err != nil {
		return fmt.Errorf("pull from %s: %w", p.apis[queue], err)
	}
	return nil
}

// answer sorts what came to the inbox: a message of a queue, or the end of a pull
// without one (message false).
func (p *puller) answer(m *nats.Msg) (queue int, message bool) {
	if suffix, ok := strings.CutPrefix(m.Subject, p.inbox+"."); ok && m.Reply == "" {
		queue, err := strconv.Atoi(suffix)
		if err != nil || queue >= len(p.out) {
			return -1, false
		}
		// 100 is an idle heartbeat; everything else ends the pull.
		if m.Header.Get("Status") != "100" {
			p.out[queue] = pull{empty: true}
		}
		return queue, false
	}
	queue = -1
	if meta, err := m.Metadata(); err == nil {
		if q, ok := p.queues[meta.Consumer]; ok {
			queue = q
			p.out[q] = pull{}
		}
	}
	return queue, true
}

// forget gives up pulls that the server cannot know any more.
func (p *puller) forget(now time.Time, lost bool) {
	for i := range p.out {
		if lost || p.out[i].outstanding && now.Sub(p.out[i].since) > standingExpiry+5*time.Second {
			p.out[i] = pull{}
		}
	}
}

// close stops the pulls and returns messages that were already on their way.
func (p *puller) close(within time.Duration) []*nats.Msg {
	// Draining keeps the subscription until the server has seen its end; what the
	// server sent before that has arrived when the flush is answered.
	if err := p.sub.Drain(); err != nil {
		return nil
	}
	if err := p.conn.FlushTimeout(within); err != nil {
		return nil
	}
	var late []*nats.Msg
	for {
		select {
		case m := <-p.msgs:
			if m.Reply != "" {
				late = append(late, m)
			}
		default:
			return late
		}
	}
}
