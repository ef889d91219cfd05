package verify

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/internal/report"
)

func TestDefinitionOfAnOutcome(t *testing.T) {
	t.Parallel()
	_, js := localtest.NATS(t)
	runs, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: jetsheet.BucketRuns})
	if err != nil {
		t.Fatal(err)
	}
	const text = `report: r
period: month
targets: select 'a' as tenant, 'b' as target
queries: {rows: "select 1 as n where @tenant = 'a'"}
workbook: {sheets: [{name: s, rows: rows}]}
output: {key: "{tenant}/{period}/{target}.xlsx"}
`
	store := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		name := hex.EncodeToString(sum[:])
		data, err := json.Marshal(jetsheet.StoredDefinition{Envelope: jetsheet.CurrentEnvelope(), Report: "r", Definition: text, SHA256: name})
		if err == nil {
			_, err = runs.Create(t.Context(), jetsheet.DefinitionKey(name), data)
		}
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	frozen, err := report.Parse("r", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	v := &verifier{runs: runs, definition: frozen}
	current, bad, gone := store(text+"locale: ja\n"), store("report: r\n"), strings.Repeat("0f", 32)
	for name, want := range map[string]string{"": frozen.Digest, frozen.Digest: frozen.Digest, current: current} {
		for range 2 {
			if d, err := v.definitionOf(t.Context(), &jetsheet.Done{DefinitionSHA256: name}); err != nil || d.Digest != want {
				t.Errorf("definition of %q: got %+v, %v, want %s", name, d, err, want)
			}
		}
	}
	for name, want := range map[string]string{gone: "not there any more", "runs.>": "no sha256", bad: "targets"} {
		d, err := v.definitionOf(t.Context(), &jetsheet.Done{DefinitionSHA256: name})
		var own *incomparableError
		if !errors.As(err, &own) || !strings.Contains(own.why, want) {
			t.Errorf("definition of %q: got %+v, %v, want it incomparable: %s", name, d, err, want)
		}
	}
}
