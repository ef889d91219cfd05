package template

import (
	"strings"
	"testing"
)

// FuzzParseText: pieces are the text, one after the other, and a marker is one again when
// it stands alone.
func FuzzParseText(f *testing.F) {
	for _, s := range []string{"{{a}}", "x {{a | decimal:1}} y", "{{#a on b}}{{/a}}", "{{?a}}{{/?}}{{^b}}{{/^}}", "{{image: a }}}", "{{{a}}", "{{", "{{a}} {{b", "{{日付|date}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		pieces, err := parseText(s)
		if err != nil {
			return
		}
		if pieces == nil && strings.Contains(s, opening) {
			t.Fatalf("%q has no marker", s)
		}
		at := 0
		for _, p := range pieces {
			if p.start != at || p.end <= at {
				t.Fatalf("%q: a piece is from %d to %d, after %d", s, p.start, p.end, at)
			}
			at = p.end
			if p.marker == nil {
				continue
			}
			alone, err := parseText(s[p.start:p.end])
			if err != nil || len(alone) != 1 || *alone[0].marker != *p.marker {
				t.Fatalf("%q: %+v alone is %+v, %v", s, *p.marker, alone, err)
			}
			if p.marker.name == "" && p.marker.kind != End {
				t.Fatalf("%q: a %s without a name", s, p.marker.kind)
			}
		}
		if pieces != nil && at != len(s) {
			t.Fatalf("%q: the pieces end at %d", s, at)
		}
	})
}

// FuzzScanner: tags come in order, and an attribute that was set is read as it was.
func FuzzScanner(f *testing.F) {
	for _, s := range []string{`<a b="1" c='x>y'>t</a>`, `<a/>`, `<?x?><!-- < --><x:a r = "A1" >`, `<a b="&lt;&#x41;&amp;"/>`, `<a`, `<>`, `<![CDATA[`, `<a b=c d="e">`} {
		f.Add(s, "v & <w> \"")
	}
	f.Fuzz(func(t *testing.T, content, value string) {
		s := scanner{b: []byte(content)}
		at := 0
		for {
			tag, ok, err := s.next()
			if err != nil || !ok {
				return
			}
			if tag.start < at || tag.end <= tag.start || string(tag.raw) != content[tag.start:tag.end] {
				t.Fatalf("%q: a tag from %d to %d, after %d", content, tag.start, tag.end, at)
			}
			at = tag.end
			if tag.kind == tagClose || value == "" {
				continue
			}
			changed := tag.with("r", value)
			if got := changed.get("r"); got != value {
				t.Fatalf("%q: set to %q, read as %q in %q", content, value, got, changed.raw)
			}
		}
	})
}
