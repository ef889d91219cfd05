package delivery

import (
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Again returns a stored message as one that can be published: its headers without those
// that are the server's. With the id of the stored one it would be taken for a duplicate.
// The body is shared with the stored message.
func Again(stored *jetstream.RawStreamMsg) *nats.Msg {
	m := nats.NewMsg(stored.Subject)
	m.Data = stored.Data
	for name, values := range stored.Header {
		if !strings.HasPrefix(name, "Nats-") {
			m.Header[name] = values
		}
	}
	return m
}
