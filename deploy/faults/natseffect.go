package faults

import (
	"encoding/json"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// sent returns the effect of a frame that a role sends; "" means that it has none.
func (f *natsFrame) sent() string {
	switch f.verb {
	case "CONNECT":
		return "connect"
	case "PUB", "HPUB":
	default:
		return ""
	}
	tokens := strings.Split(f.subject, ".")
	switch {
	case strings.HasPrefix(f.subject, "$JS.ACK."):
		word, _, _ := strings.Cut(string(f.payload), " ")
		return "settle " + ackQueue(tokens) + " " + word
	case strings.HasPrefix(f.subject, jetstream.DefaultAPIPrefix):
		return apiEffect(tokens[2:]) + f.asked()
	case tokens[0] == "$KV" && len(tokens) > 2:
		return f.kvWrite() + " " + kvKey(tokens[1], tokens[2:])
	case tokens[0] == "$O" && len(tokens) > 3:
		return "object " + tokens[1] + map[string]string{"C": " put chunk", "M": " put meta"}[tokens[2]]
	case tokens[0] == "_INBOX", strings.HasPrefix(tokens[0], "_INBOX_"):
		return "answer"
	case tokens[0] == "conversions" && len(tokens) > 1:
		return "publish " + conversionKind(tokens)
	default:
		return "publish " + tokens[0]
	}
}

// delivered returns the effect of a frame that a role is sent: a consumer's message, or
// a request to a service of the role. Answers are no effect of their own.
func (f *natsFrame) delivered() string {
	switch {
	case f.verb != "MSG" && f.verb != "HMSG":
		return ""
	case strings.HasPrefix(f.reply, "$JS.ACK."):
		return "deliver " + ackQueue(strings.Split(f.reply, "."))
	case strings.HasPrefix(f.subject, "conversions.ops."):
		return "ask " + f.subject
	default:
		return ""
	}
}

// conversionKind is the part of one of our subjects that says what it is for.
func conversionKind(tokens []string) string {
	kind := strings.Join(tokens[:2], ".")
	switch tokens[1] {
	case "request", "rendered":
		if len(tokens) > 2 {
			kind += "." + tokens[2]
		}
	}
	return kind
}

// ackQueue names the consumer of an acknowledgement's subject, which has one of two
// forms: with domain and account, or without.
func ackQueue(tokens []string) string {
	stream := 2
	if len(tokens) >= 11 {
		stream = 4
	}
	if len(tokens) < stream+2 {
		return "unknown"
	}
	return tokens[stream] + "/" + consumer(tokens[stream+1])
}

// consumer leaves out the names of consumers that live for one reading.
func consumer(name string) string {
	switch {
	case strings.HasPrefix(name, "renderer-"), name == "producer", strings.HasPrefix(name, "uploader"), strings.HasPrefix(name, "ops"):
		return name
	default:
		return "a reader"
	}
}

// kvWrite tells the ways to write a key apart.
func (f *natsFrame) kvWrite() string {
	switch last := f.header(jetstream.ExpectedLastSubjSeqHeader); {
	case f.header("KV-Operation") != "":
		return "kv delete"
	case last == "":
		return "kv put"
	case last == "0":
		return "kv create"
	default:
		return "kv update"
	}
}

// kvKey names the bucket, and the kind of key in those that have several.
func kvKey(bucket string, key []string) string {
	switch {
	case len(key) == 0:
	case bucket == jetsheet.BucketProgress, bucket == jetsheet.BucketNotices:
		return bucket + " " + key[0]
	case bucket == jetsheet.BucketRuns && jetsheet.IsDefinitionKey(strings.Join(key, ".")):
		return bucket + " definition"
	}
	return bucket
}

// asked says what kind of key is read from a bucket that has several, where the subject
// of the request does not: reads by the leader name it in what is sent.
func (f *natsFrame) asked() string {
	var read struct {
		Subject string `json:"last_by_subj"`
	}
	if json.Unmarshal(f.payload, &read) != nil {
		return ""
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(read.Subject, "$KV."), ".")
	_, kind, _ := strings.Cut(kvKey(bucket, strings.Split(key, ".")), " ")
	if kind != "" {
		kind = " " + kind
	}
	return kind
}

// apiEffect names a request to JetStream; tokens are behind the prefix.
func apiEffect(tokens []string) string {
	at := func(i int) string {
		if i < len(tokens) {
			return tokens[i]
		}
		return ""
	}
	switch verb := at(0) + " " + at(1); verb {
	case "STREAM MSG":
		return "get message " + at(3)
	case "STREAM INFO", "STREAM PURGE", "STREAM NAMES", "STREAM LIST":
		return strings.TrimSpace("stream " + strings.ToLower(at(1)) + " " + at(2))
	case "DIRECT GET":
		if at(3) == "$KV" && len(tokens) > 5 {
			return "kv get " + kvKey(at(4), tokens[5:])
		}
		return "get message " + at(2)
	case "CONSUMER MSG":
		return "pull " + at(3) + "/" + consumer(at(4))
	case "CONSUMER CREATE", "CONSUMER INFO", "CONSUMER DELETE":
		return "consumer " + strings.ToLower(at(1)) + " " + at(2) + "/" + consumer(at(3))
	case "CONSUMER DURABLE":
		return "consumer create " + at(3) + "/" + consumer(at(4))
	default:
		return "api " + strings.ToLower(strings.TrimSpace(verb))
	}
}
