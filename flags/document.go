package flags

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// FlagKey is the key of the one flag that decides routes.
const FlagKey = "cutover"

// MaxDocumentBytes is the largest flag document. A run's record carries it next to
// the report's definition, and the server's default max_payload is 1 MiB.
const MaxDocumentBytes = 900_000

// ErrDocument is wrapped by every error about the content of a flag document. The
// message names the path in the document and the command to store it again.
var ErrDocument = errors.New("flag document is invalid")

// Document is a valid flag document. Make one with [ParseDocument]; it does not
// change afterwards and may be used concurrently.
type Document struct {
	canonical json.RawMessage
	cutover   cutover
}

// ParseDocument reads a flagd flag-definition document and checks whatever could
// route a tenant otherwise than its author meant. The error wraps [ErrDocument].
// Other flags than [FlagKey] are held to what flagd refuses, by which it would not
// read the document at all. Whole numbers among tenants' ids are read as texts, see
// [QuoteIDs].
func ParseDocument(data []byte) (*Document, error) {
	if len(data) > MaxDocumentBytes {
		return nil, documentError("", fmt.Sprintf("it has %d bytes, at most %d are read", len(data), MaxDocumentBytes))
	}
	if !utf8.Valid(data) {
		return nil, documentError("", "it is not UTF-8")
	}
	canonical, err := canonicalJSON(data)
	if err != nil {
		return nil, documentError("", syntaxProblem(data, err))
	}
	canonical = quoteIDs(canonical)
	if len(canonical) > MaxDocumentBytes {
		return nil, documentError("", fmt.Sprintf("it has %d bytes with <, > and & escaped, at most %d are stored", len(canonical), MaxDocumentBytes))
	}
	flag, err := parseTop(canonical)
	if err != nil {
		return nil, err
	}
	return &Document{canonical: canonical, cutover: flag}, nil
}

// JSON returns the document without white space, as runs freeze it. The caller
// must not change it.
func (d *Document) JSON() json.RawMessage { return d.canonical }

// SHA256 returns the digest of [Document.JSON] in hex.
func (d *Document) SHA256() string { return digest(d.canonical) }

// canonicalJSON returns the form that survives being part of another record:
// encoding/json compacts and escapes a nested document in just this way, so its
// digest can be checked wherever the record was copied to.
func canonicalJSON(data []byte) (json.RawMessage, error) {
	var raw json.RawMessage
	// Unmarshal knows at which byte the syntax breaks, Marshal does not.
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, err
	}
	return json.Marshal(raw)
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func documentError(path, problem string) error {
	if path != "" {
		problem = path + ": " + problem
	}
	return fmt.Errorf("%w: %s; mend it and store it again with: jetsheet flags set FILE --reason TEXT", ErrDocument, problem)
}
