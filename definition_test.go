package jetsheet_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet"
)

func TestStoredDefinitionIsHeldToItsDigest(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256([]byte("report: r\n"))
	digest := hex.EncodeToString(sum[:])
	stored := jetsheet.StoredDefinition{Envelope: jetsheet.CurrentEnvelope(), Report: "r", Definition: "report: r\n", SHA256: digest}
	encode := func() []byte {
		data, err := json.Marshal(stored)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	if d, err := jetsheet.DecodeStoredDefinition(encode(), digest); err != nil || d.Definition != stored.Definition {
		t.Errorf("got %+v, %v, want the definition", d, err)
	}
	stored.Definition = "report: s\n"
	if d, err := jetsheet.DecodeStoredDefinition(encode(), digest); !errors.Is(err, jetsheet.ErrMessage) {
		t.Errorf("another text under the digest: got %+v, %v, want ErrMessage", d, err)
	}
	stored.Envelope = stored.Requiring(jetsheet.SchemaVersion + 1)
	if d, err := jetsheet.DecodeStoredDefinition(encode(), digest); !errors.Is(err, jetsheet.ErrNewerSchema) {
		t.Errorf("for a newer reader: got %+v, %v, want ErrNewerSchema", d, err)
	}
}

// A stored definition lies among the runs, in one token, and is no run.
func TestDefinitionKeyIsNoRun(t *testing.T) {
	t.Parallel()
	digest := strings.Repeat("0f", 32)
	key := jetsheet.DefinitionKey(digest)
	if strings.ContainsAny(key, ".*> ") || !jetsheet.IsDefinitionKey(key) || jetsheet.IsDefinitionKey(jetsheet.RunKey(jetsheet.RunID{Tick: tick, Report: "definition"})) {
		t.Errorf("key %q must be one token and told from a run's", key)
	}
	if id, err := jetsheet.ParseRunID(key); err == nil {
		t.Errorf("ParseRunID(%q) = %v, want no run", key, id)
	}
	for text, want := range map[string]bool{
		digest: true, "": false, digest[1:]: false, digest + "0": false, strings.ToUpper(digest): false, digest[:63] + "*": false,
	} {
		if got := jetsheet.ValidDigest(text); got != want {
			t.Errorf("ValidDigest(%q) = %t, want %t", text, got, want)
		}
	}
}

func TestFailureKeepsTheDefinition(t *testing.T) {
	t.Parallel()
	want := jetsheet.Failure{
		Stage: jetsheet.StageRenderer, Cause: jetsheet.CauseStatement, Message: "m", Attempts: 1, RetryAt: tick, Worker: "w", Version: "v",
		At: tick, Replay: "r", Definition: strings.Repeat("0f", 32),
	}
	m := want.Msg("conversions.failed.x.y.z")
	got, err := jetsheet.ParseFailure(m.Header, m.Data)
	if err != nil || got.Definition != want.Definition || got.Replay != want.Replay {
		t.Errorf("ParseFailure = %+v, %v, want %+v", got, err, want)
	}
}
