package templates

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// Revision says what a template's name means, or meant.
type Revision struct {
	jetsheet.Envelope

	Name string `json:"name"`
	// Revision counts from 1.
	Revision int `json:"revision"`
	// SHA256 is the digest of the bytes in hex: what a plan names.
	SHA256    string `json:"sha256"`
	SizeBytes int64  `json:"sizeBytes"`
	// File is the name of the file that the bytes came from, without its folder.
	File     string    `json:"file,omitempty"`
	StoredAt time.Time `json:"storedAt"`
	StoredBy string    `json:"storedBy,omitempty"`
	Reason   string    `json:"reason,omitempty"`
}

// Errors that a caller can test for.
var (
	// ErrUnknown: no template has this name, or the template no such revision.
	ErrUnknown = errors.New("no such template")
	// ErrChanged: somebody stored a revision meanwhile.
	ErrChanged = errors.New("the template was changed meanwhile")
	// ErrDamaged: what lies in the store is not what was stored.
	ErrDamaged = errors.New("the template is damaged in the object store")
)

// metadataKey is the key of a revision in the metadata of its object.
const metadataKey = "revision"

// info is the revision as the object store keeps it: a link with metadata.
func (r *Revision) info() (*jetstream.ObjectInfo, error) {
	record, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode revision: %w", err)
	}
	return &jetstream.ObjectInfo{
		Bucket: jetsheet.StoreTemplates,
		ObjectMeta: jetstream.ObjectMeta{
			Name:     jetsheet.TemplateRevisionObject(r.Name, r.Revision),
			Metadata: map[string]string{metadataKey: string(record)},
			Opts: &jetstream.ObjectMetaOptions{Link: &jetstream.ObjectLink{
				Bucket: jetsheet.StoreTemplates, Name: jetsheet.TemplateObject(r.SHA256),
			}},
		},
	}, nil
}

// decode reads a revision from its object, and holds it to its place.
func decode(info *jetstream.ObjectInfo) (*Revision, error) {
	var r Revision
	if err := jetsheet.Decode([]byte(info.Metadata[metadataKey]), &r); err != nil {
		return nil, fmt.Errorf("read %s: %w", info.Name, err)
	}
	if !jetsheet.ValidDigest(r.SHA256) || jetsheet.TemplateRevisionObject(r.Name, r.Revision) != info.Name {
		return nil, fmt.Errorf("read %s: %w: its record is another one's", info.Name, ErrDamaged)
	}
	return &r, nil
}
