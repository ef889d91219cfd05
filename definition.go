package jetsheet

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// HeaderDefinition names, on a request, the definition that makes its workbook instead
// of the one frozen with the run: the sha256 of a [StoredDefinition] in hex. ops sets it
// where a person replays with the definition applied now; like [HeaderReplay] it stays
// with the conversion until it has its outcome, see [KeepHeaders]. A request without it
// is made with the frozen one.
const HeaderDefinition = "Jetsheet-Definition"

// StoredDefinition is a definition that requests name in [HeaderDefinition]. It lies in
// the bucket [BucketRuns] under [DefinitionKey], is written once and never changed or
// deleted. MinReader is at least what the definition needs: an older build gives the
// requests that name it back to a newer one, and goes on with all others.
type StoredDefinition struct {
	Envelope
	Report string `json:"report"`
	// Definition is the YAML as it was applied, SHA256 its digest in hex.
	Definition string `json:"definition"`
	SHA256     string `json:"sha256"`
	// StoredAt and StoredBy say when and by whose replay it was stored first, for people.
	StoredAt time.Time `json:"storedAt"`
	StoredBy string    `json:"storedBy,omitempty"`
}

// DecodeStoredDefinition reads a record and holds the definition to the digest that it
// was asked for by. The error wraps [ErrNewerSchema] or [ErrMessage].
func DecodeStoredDefinition(data []byte, digest string) (*StoredDefinition, error) {
	var d StoredDefinition
	if err := Decode(data, &d); err != nil {
		return nil, err
	}
	if sum := sha256.Sum256([]byte(d.Definition)); hex.EncodeToString(sum[:]) != digest {
		return nil, fmt.Errorf("%w: the definition in it does not have the digest %s", ErrMessage, digest)
	}
	return &d, nil
}

// ValidDigest says whether text is a sha256 as it is written here: 64 lower-case hex
// digits.
func ValidDigest(text string) bool {
	if len(text) != 2*sha256.Size {
		return false
	}
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
