package delivery

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// The pulls are made by hand on inboxes that stay: a subscription for each fetch
// costs more than the fetch, and a pull that is given up must not lose a message
// that is already on its way, as closing a subscription would.

// standingExpiry is how long a pull waits on the server when all queues are empty.
const standingExpiry = 30 * time.Second

// refusedPause is how long a queue is left alone that answered with an error, such
// as a consumer that is gone.
const refusedPause = 500 * time.Millisecond

// closeLimit bounds the wait for messages that are on their way at shutdown.
const closeLimit = 2 * time.Second

// puller holds at most one pull per queue.
type puller struct {
	conn   *nats.Conn
	inbox  string
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
	// refused: the last answer was an error; not to be asked before.
	refused time.Time

	sub *nats.Subscription
	// generation is part of the inbox; withdrawing a pull begins the next.
	generation int
}

// ended returns the state after an answer.
func (p *pull) ended() pull { return pull{sub: p.sub, generation: p.generation} }

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
		if err := p.subscribe(i); err != nil {
			p.close(0)
			return nil, err
		}
	}
	return p, nil
}

func (p *puller) subscribe(queue int) (err error) {
	reply := p.reply(queue)
	if p.out[queue].sub, err = p.conn.ChanSubscribe(reply, p.msgs); err != nil {
		return fmt.Errorf("subscribe to %s: %w", reply, err)
	}
	return nil
}

func (p *puller) reply(queue int) string {
	return p.inbox + "." + strconv.Itoa(queue) + "." + strconv.Itoa(p.out[queue].generation)
}

// idle says whether a pull may be sent to a queue.
func (p *puller) idle(queue int, now time.Time) bool {
	return !p.out[queue].outstanding && !now.Before(p.out[queue].refused)
}

// probe asks a queue for a message that is there now.
func (p *puller) probe(queue int, now time.Time) error {
	return p.request(queue, now, true, `{"batch":1,"no_wait":true}`)
}

// stand leaves a pull with the server until a message comes.
func (p *puller) stand(queue int, now time.Time) error {
	return p.request(queue, now, false, `{"batch":1,"expires":`+strconv.FormatInt(int64(standingExpiry), 10)+`}`)
}

func (p *puller) request(queue int, now time.Time, probing bool, body string) error {
	next := p.out[queue].ended()
	next.outstanding, next.probing, next.since = true, probing, now
	p.out[queue] = next
	if err := p.conn.PublishRequest(p.apis[queue], p.reply(queue), []byte(body)); err != nil {
		p.refuse(queue, now)
		return fmt.Errorf("pull from %s: %w", p.apis[queue], err)
	}
	return nil
}

// withdraw takes a pull back from the server, which drops pulls whose inbox nobody
// reads. A message already on its way still arrives.
func (p *puller) withdraw(queue int) error {
	if err := p.out[queue].sub.Drain(); err != nil {
		return fmt.Errorf("withdraw pull from %s: %w", p.apis[queue], err)
	}
	p.out[queue] = p.out[queue].ended()
	p.out[queue].generation++
	return p.subscribe(queue)
}

// turnIntoStanding puts a standing pull in the place of a probe that the server
// keeps: a probe has no expiry, so a lost one could not be told from it for ever.
func (p *puller) turnIntoStanding(queue int, now time.Time) error {
	if err := p.withdraw(queue); err != nil {
		return err
	}
	return p.stand(queue, now)
}

// refuse leaves a queue alone for a while.
func (p *puller) refuse(queue int, now time.Time) {
	p.out[queue] = p.out[queue].ended()
	p.out[queue].refused = now.Add(refusedPause)
}

// answer is what came to the inbox of a pull.
type answer struct {
	queue int // -1 where it cannot be told, or where the pull was withdrawn
	// message: it is one; otherwise the pull has ended without.
	message bool
	// refusal is the server's status where there is something wrong.
	refusal string
}

// answer sorts what came to the inboxes.
func (p *puller) answer(m *nats.Msg, now time.Time) answer {
	if inbox, ok := strings.CutPrefix(m.Subject, p.inbox+"."); ok && m.Reply == "" {
		queue := p.queueOf(inbox)
		if queue < 0 {
			return answer{queue: -1}
		}
		return answer{queue: queue, refusal: p.end(queue, m.Header, now)}
	}
	queue := -1
	if meta, err := m.Metadata(); err == nil {
		if q, ok := p.queues[meta.Consumer]; ok {
			queue = q
			// One that a withdrawn pull brings leaves its successor with the server.
			if m.Sub == p.out[q].sub {
				p.out[q] = p.out[q].ended()
			}
		}
	}
	return answer{queue: queue, message: true}
}

// queueOf reads QUEUE.GENERATION; -1 for a pull that was withdrawn.
func (p *puller) queueOf(inbox string) int {
	number, generation, _ := strings.Cut(inbox, ".")
	queue, err := strconv.Atoi(number)
	if err != nil || queue >= len(p.out) || generation != strconv.Itoa(p.out[queue].generation) {
		return -1
	}
	return queue
}

// end notes how a pull ended without a message, and returns the status where that
// is a refusal.
func (p *puller) end(queue int, header nats.Header, now time.Time) (refusal string) {
	switch status := header.Get("Status"); status {
	case "100": // an idle heartbeat, not an end
		return ""
	case "404", "408":
		p.out[queue] = p.out[queue].ended()
		p.out[queue].empty = true
		return ""
	default:
		p.refuse(queue, now)
		return strings.TrimSpace("status " + status + " " + header.Get("Description"))
	}
}

// forget gives up pulls that the server cannot know any more.
func (p *puller) forget(now time.Time, lost bool) {
	for i := range p.out {
		if o := &p.out[i]; o.outstanding && (lost || now.Sub(o.since) > standingExpiry+5*time.Second) {
			*o = o.ended()
		}
	}
}

// discard drops what has arrived.
func (p *puller) discard() {
	for {
		select {
		case <-p.msgs:
		default:
			return
		}
	}
}

// close stops the pulls and returns messages that were already on their way.
func (p *puller) close(within time.Duration) []*nats.Msg {
	// Draining keeps a subscription until the server has seen its end; what the
	// server sent before that has arrived when the flush is answered.
	for i := range p.out {
		if sub := p.out[i].sub; sub != nil {
			_ = sub.Drain() // fails where the connection is closed: nothing comes then
		}
	}
	if within > 0 {
		_ = p.conn.FlushTimeout(within) // what has not arrived by then comes again
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
