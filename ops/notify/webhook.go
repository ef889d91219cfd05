package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/jetsheet/jetsheet"
)

// Headers of the generic webhook.
const (
	// HeaderSignature carries t=SECONDS,v1=HEX; see the package comment.
	HeaderSignature = "Jetsheet-Signature"
	// HeaderIdempotency is the same whenever one message is sent again.
	HeaderIdempotency = "Idempotency-Key"
)

// WebhookBody is what the generic webhook posts, as JSON.
type WebhookBody struct {
	jetsheet.Envelope
	// ID is the notice's: the same in every message about it, also when it is opened
	// again.
	ID string `json:"id"`
	// Action is open, update or close; Number counts the messages about the notice.
	Action Action `json:"action"`
	Number int    `json:"number"`
	// Text is the message in one line, for people.
	Text   string    `json:"text"`
	SentAt time.Time `json:"sentAt"`
	// Notice is the concern as it is; Count is 0 in a close.
	Notice   Concern   `json:"notice"`
	Most     int       `json:"most"`
	OpenedAt time.Time `json:"openedAt"`
	MendedAt time.Time `json:"mendedAt,omitzero"`
}

// webhook posts to any server, signed.
type webhook struct {
	url    string
	secret string
	client *client
}

// Name implements [Channel].
func (w *webhook) Name() string { return "webhook" }

// Send implements [Channel].
func (w *webhook) Send(ctx context.Context, m *Message) (string, error) {
	n := m.Notice
	body, err := json.Marshal(&WebhookBody{
		Envelope: jetsheet.CurrentEnvelope(), ID: n.ID, Action: m.Action, Number: m.Number, Text: m.headline(), SentAt: m.At,
		Notice: n.Concern, Most: n.Most, OpenedAt: n.OpenedAt, MendedAt: n.MendedAt,
	})
	if err != nil {
		return "", fmt.Errorf("encode the message: %w", err)
	}
	header := http.Header{
		"Content-Type":    {"application/json; charset=utf-8"},
		HeaderSignature:   {sign(w.secret, m.At, body)},
		HeaderIdempotency: {n.ID + "-" + strconv.Itoa(m.Number)},
	}
	if _, err := w.client.do(ctx, http.MethodPost, w.url, header, body); err != nil {
		return "", fmt.Errorf("webhook: %w", err)
	}
	return "", nil
}

// sign returns the value of [HeaderSignature].
func sign(secret string, at time.Time, body []byte) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(seconds + "."))
	mac.Write(body)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
