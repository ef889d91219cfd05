package jetsheet_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/jetsheet/jetsheet"
)

func TestRequiringOnlyRaises(t *testing.T) {
	t.Parallel()
	e := jetsheet.CurrentEnvelope()
	if got := e.Requiring(0); got != e {
		t.Errorf("Requiring(0) = %+v, want %+v", got, e)
	}
	got := e.Requiring(jetsheet.SchemaVersion + 1)
	if got.MinReader != jetsheet.SchemaVersion+1 || got.Schema != e.Schema || e.MinReader != 1 {
		t.Errorf("Requiring(%d) = %+v of %+v, want only MinReader raised, in the copy", jetsheet.SchemaVersion+1, got, e)
	}
	data, err := json.Marshal(jetsheet.Applied{Envelope: got})
	if err != nil {
		t.Fatal(err)
	}
	if err := jetsheet.Decode(data, &jetsheet.Applied{}); !errors.Is(err, jetsheet.ErrNewerSchema) {
		t.Errorf("Decode(%s) = %v, want ErrNewerSchema", data, err)
	}
}

func TestExplainBlamesOnlyANewerWriter(t *testing.T) {
	t.Parallel()
	unknown := errors.New("unknown key")
	own := jetsheet.CurrentEnvelope()
	if err := own.Explain(unknown); !errors.Is(err, unknown) || errors.Is(err, jetsheet.ErrNewerSchema) {
		t.Errorf("of the same version: %v, want the error as it is", err)
	}
	newer := jetsheet.Envelope{Schema: jetsheet.SchemaVersion + 1, MinReader: 1}
	if err := newer.Explain(unknown); !errors.Is(err, unknown) || !errors.Is(err, jetsheet.ErrNewerSchema) {
		t.Errorf("of a newer version: %v, want it to wrap both", err)
	}
	if err := newer.Explain(nil); err != nil {
		t.Errorf("of nothing: %v, want nil", err)
	}
}
