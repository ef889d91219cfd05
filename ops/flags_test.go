package ops

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

// TestTakeOverIsACommandThatWorks: what a person copies must be a document that freezes,
// and routes everybody new.
func TestTakeOverIsACommandThatWorks(t *testing.T) {
	t.Parallel()
	frozen, err := flags.ParseDocument(flags.InitialDocument(jetsheet.RouteLegacy))
	if err != nil {
		t.Fatal(err)
	}
	advice := takeOver(frozen.JSON())
	_, quoted, ok := strings.Cut(advice, "nats kv put flags cutover '")
	if !ok || !strings.HasSuffix(quoted, "'") {
		t.Fatalf("got %q, want it to end with nats kv put flags cutover and a quoted document", advice)
	}
	document := strings.TrimSuffix(quoted, "'")
	if _, err := flags.ParseDocument([]byte(document)); err != nil {
		t.Errorf("the document of %q cannot be used: %v", advice, err)
	}
	var decoded struct {
		Metadata map[string]string
		Flags    map[string]struct{ DefaultVariant string }
	}
	if err := json.Unmarshal([]byte(document), &decoded); err != nil {
		t.Fatal(err)
	}
	if got := decoded.Flags[flags.FlagKey].DefaultVariant; got != string(jetsheet.RouteNew) {
		t.Errorf("default variant %q in %s, want new", got, document)
	}
	if author := decoded.Metadata["author"]; author != "" {
		t.Errorf("author %q in %s, want none: setup takes its own for untouched", author, document)
	}
}

func TestTakeOverLeavesGroupsToAPerson(t *testing.T) {
	t.Parallel()
	plain := `"state":"ENABLED","variants":{"legacy":"legacy","new":"new"},"defaultVariant":"legacy"`
	for name, document := range map[string]string{
		"targeting":  `{"flags":{"cutover":{` + plain + `,"targeting":{"if":[]}}}}`,
		"evaluators": `{"$evaluators":{"pilot":{}},"flags":{"cutover":{` + plain + `}}}`,
		"disabled":   `{"flags":{"cutover":{"state":"DISABLED","variants":{"new":"new"},"defaultVariant":"new"}}}`,
		"no new":     `{"flags":{"cutover":{"state":"ENABLED","variants":{"legacy":"legacy"},"defaultVariant":"legacy"}}}`,
		"other flag": `{"flags":{"other":{` + plain + `}}}`,
		"no JSON":    `{`,
		"none":       ``,
	} {
		if got := takeOver(json.RawMessage(document)); !strings.HasSuffix(got, "nats kv put flags cutover < cutover.json") {
			t.Errorf("%s: got %q, want it to have the document changed by hand", name, got)
		}
	}
}
