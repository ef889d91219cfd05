package ops

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

// TestTakeOverFitsTheDocument: a default that passes by groups would take over everybody
// who is in none. That the commands work is tested where they are.
func TestTakeOverFitsTheDocument(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]string{
		string(flags.InitialDocument(jetsheet.RouteLegacy)): "jetsheet flags promote --default new --force --reason TEXT",
		`{"$evaluators":{"pilot":{}},"flags":{}}`:           "jetsheet flags promote GROUP shadow --reason TEXT",
		`{"$evaluators":{},"flags":{}}`:                     "jetsheet flags promote --default new --force --reason TEXT",
	} {
		if got := takeOver(json.RawMessage(document)); !strings.HasSuffix(got, ": "+want) {
			t.Errorf("takeOver(%s) = %q, want it to end with %s", document, got, want)
		}
	}
}
