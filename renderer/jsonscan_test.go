package renderer

import (
	"bytes"
	"encoding/json"
	"testing"
)

// FuzzJSONScan holds the scan against the decoder: the same members in the same
// order for every object, and no end beyond the text for anything else.
func FuzzJSONScan(f *testing.F) {
	for _, seed := range []string{
		`{}`, ` { "a" : 1 , "b" : "x\"y" } `, `{"a":[1,{"b":"]}"}],"c":{"d":"}"},"e":null}`, `{"\u0061":-1.5e+3,"":true}`,
		`[1]`, `"x"`, `{"a":`, `{"a"`, `{"a":1,`, `{"a":"`, `{"a":[`, `{,}`, ``, "{\"a\":1\n}", `{"a\\":"\\"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var got [][2]string
		scan := jsonScan{raw: raw}
		if scan.object() {
			for {
				key, value, ok := scan.member()
				if !ok {
					break
				}
				got = append(got, [2]string{string(key), string(value)})
			}
		}
		if !json.Valid(raw) || len(bytes.TrimSpace(raw)) == 0 || bytes.TrimSpace(raw)[0] != '{' {
			return // PostgreSQL gives no such value; all that counts is that it ended
		}
		if scan.broken {
			t.Fatalf("%q is broken at %d", raw, scan.at)
		}
		compareMembers(t, raw, got)
	})
}

func compareMembers(t *testing.T, raw []byte, got [][2]string) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for i := 0; d.More(); i++ {
		key, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			t.Fatal(err)
		}
		if i >= len(got) {
			t.Fatalf("%q: %d members, want more", raw, len(got))
		}
		name, err := unquote([]byte(got[i][0]))
		if err != nil {
			t.Fatal(err)
		}
		// Invalid UTF-8, which PostgreSQL does not give, the decoder replaces.
		if want, _ := key.(string); string(bytes.ToValidUTF8(name, []byte("\uFFFD"))) != want && json.Valid([]byte(want)) || got[i][1] != string(value) {
			t.Fatalf("%q: member %d is %q, want %q: %q", raw, i, got[i], key, value)
		}
	}
}
