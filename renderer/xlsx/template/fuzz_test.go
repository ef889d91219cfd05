package template

import (
	"encoding/xml"
	"errors"
	"io"
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
		pieces := parseText(s)
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
			alone := parseText(s[p.start:p.end])
			if len(alone) != 1 || alone[0].marker == nil || *alone[0].marker != *p.marker {
				t.Fatalf("%q: %+v alone is %+v", s, *p.marker, alone)
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

// FuzzWithoutSections: a part without CDATA, comments and instructions reads as it did with them.
func FuzzWithoutSections(f *testing.F) {
	for _, s := range []string{`<a><![CDATA[<b> & ]]>]]&gt;</a>`, "<a><![CDATA[\r\n\r]]></a>", `<!-- <![CDATA[ --><a><![CDATA[x]]></a>`, `<a><?x <![CDATA[ ?><![CDATA[]]></a>`, `<a><![CDATA[`, `<?xml version="1.0"?><a>b<!--c-->d<?e f?></a>`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, content string) {
		want, err := xmlText(content)
		if err != nil {
			return
		}
		without := string(withoutSections([]byte(content)))
		if got, err := xmlText(without); err != nil || got != want {
			t.Fatalf("%q became %q, which reads %q, %v, want %q", content, without, got, err, want)
		}
		s := scanner{b: []byte(without)}
		for ok := true; ok; {
			if _, ok, err = s.next(); err != nil && strings.Contains(err.Error(), "CDATA") {
				t.Fatalf("%q became %q: %v", content, without, err)
			}
		}
	})
}

// xmlText are the texts and tags of a part.
func xmlText(content string) (string, error) {
	var b strings.Builder
	d := xml.NewDecoder(strings.NewReader(content))
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return b.String(), nil
		}
		switch token := token.(type) {
		case nil:
			return "", err
		case xml.CharData:
			b.Write(token)
		case xml.StartElement:
			b.WriteString("<" + token.Name.Local + ">")
		case xml.Directive:
			return "", errors.New("intake refuses it")
		}
	}
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
