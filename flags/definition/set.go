package definition

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jetsheet/jetsheet/flags/rule"
)

// ErrDocument is wrapped by every error of [Parse]: no flag of the document can be used.
var ErrDocument = errors.New("flag definitions are invalid")

// Set is a document that was read. It does not change and may be used concurrently.
type Set struct {
	flags    map[string]*flag
	metadata map[string]any
	digest   string
	warnings []string
}

// document is the top level. encoding/json also takes keys in another case, and so
// does flagd.
type document struct {
	Flags      json.RawMessage            `json:"flags"`
	Evaluators map[string]json.RawMessage `json:"$evaluators"`
	Metadata   map[string]any             `json:"metadata"`
}

// Parse reads a document whose flags are an object. The error wraps [ErrDocument]; it
// names the flag.
func Parse(data []byte) (*Set, error) { return ParseWith(data, nil) }

// ParseWith is Parse for a document that something is known of: metadata is part of
// the metadata of the set where the document has none of that name.
func ParseWith(data []byte, metadata map[string]any) (*Set, error) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, data); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDocument, err)
	}
	var top document
	if err := json.Unmarshal(compact.Bytes(), &top); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDocument, err)
	}
	if len(top.Flags) == 0 {
		return nil, fmt.Errorf("%w: there are no flags in it", ErrDocument)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(top.Flags, &raw); err != nil {
		return nil, fmt.Errorf("%w: flags: %w", ErrDocument, err)
	}
	sum := sha256.Sum256(compact.Bytes())
	set := &Set{flags: make(map[string]*flag, len(raw)), metadata: maps.Clone(metadata), digest: hex.EncodeToString(sum[:])}
	if set.metadata == nil {
		set.metadata = map[string]any{}
	}
	maps.Copy(set.metadata, set.usable("metadata of the set", top.Metadata))
	shared, err := newSharedRules(top)
	if err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(raw)) {
		if set.flags[key], err = set.parseFlag(key, raw[key], shared); err != nil {
			return nil, err
		}
	}
	return set, nil
}

// SHA256 is the digest of the document without white space, in hex.
func (s *Set) SHA256() string { return s.digest }

// Keys returns the keys of all flags in order.
func (s *Set) Keys() []string { return slices.Sorted(maps.Keys(s.flags)) }

// Metadata returns the metadata of the whole set. The caller must not change it.
func (s *Set) Metadata() map[string]any { return s.metadata }

// Warnings says, in the order of keys, what flagd's schema forbids, and what makes
// evaluations fail that reach it. The flags named can be used otherwise. What is said
// of the whole set comes first.
func (s *Set) Warnings() []string { return s.warnings }

func (s *Set) warn(key, format string, args ...any) {
	s.warnings = append(s.warnings, fmt.Sprintf("flag %q: %s", key, fmt.Sprintf(format, args...)))
}

// usable returns the metadata that OpenFeature has values for: booleans, numbers and
// texts. null has no meaning; lists and objects are left out with a warning.
func (s *Set) usable(whose string, metadata map[string]any) map[string]any {
	kept := make(map[string]any, len(metadata))
	for _, name := range slices.Sorted(maps.Keys(metadata)) {
		switch value := metadata[name].(type) {
		case nil:
		case bool, float64, string:
			kept[name] = value
		default:
			s.warnings = append(s.warnings, fmt.Sprintf("%s: %q is left out, it is neither a boolean nor a number nor a text", whose, name))
		}
	}
	return kept
}

// Changes returns in order the keys of flags that are new, gone, or may evaluate to
// something else, metadata included, in next. Any of the two may be nil.
func Changes(before, next *Set) []string {
	var changed []string
	for key, f := range before.all() {
		if other, ok := next.all()[key]; !ok || other.fingerprint != f.fingerprint {
			changed = append(changed, key)
		}
	}
	for key := range next.all() {
		if _, ok := before.all()[key]; !ok {
			changed = append(changed, key)
		}
	}
	slices.Sort(changed)
	return changed
}

func (s *Set) all() map[string]*flag {
	if s == nil {
		return nil
	}
	return s.flags
}

// sharedRules are the document's $evaluators, and the digests of what all flags share.
type sharedRules struct {
	prepared *rule.Evaluators
	digests  map[string][sha256.Size]byte
	metadata []byte
}

func newSharedRules(top document) (*sharedRules, error) {
	raw := make(map[string]any, len(top.Evaluators))
	shared := &sharedRules{digests: make(map[string][sha256.Size]byte, len(top.Evaluators))}
	for _, name := range slices.Sorted(maps.Keys(top.Evaluators)) {
		text := top.Evaluators[name]
		if len(text) < 3 { // {} and the like, which flagd refuses so
			return nil, fmt.Errorf("%w: $evaluators: %q is empty", ErrDocument, name)
		}
		var value any
		if err := json.Unmarshal(text, &value); err != nil {
			return nil, fmt.Errorf("%w: $evaluators: %q: %w", ErrDocument, name, err)
		}
		raw[name], shared.digests[name] = value, sha256.Sum256(text)
	}
	shared.prepared = rule.NewEvaluators(raw)
	var err error
	if shared.metadata, err = json.Marshal(top.Metadata); err != nil {
		return nil, fmt.Errorf("%w: metadata: %w", ErrDocument, err)
	}
	return shared, nil
}

// fingerprint is equal for flags that evaluate alike. Only evaluators that a flag
// refers to count.
func (s *sharedRules) fingerprint(flag []byte, refers []string) [sha256.Size]byte {
	hash := sha256.New()
	hash.Write(flag)
	hash.Write(s.metadata)
	for _, name := range refers {
		digest := s.digests[name]
		hash.Write(digest[:])
	}
	return [sha256.Size]byte(hash.Sum(nil))
}
