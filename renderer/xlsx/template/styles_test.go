package template

import (
	"strings"
	"testing"
)

func TestFormatsThatShowTimes(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		"yyyy/mm/dd": true, "h:mm": true, "[h]:mm": true, "[$-411]ggge\"年\"": false, "[$-411]ge.m.d": true, `m"月"d"日"`: true, "[ss]": true,
		"0.00": false, `0.0" days"`: false, `0\d`: false, "[Red]0": false, "@": false, `"`: false, "[h": false, "#,##0_d": false,
	} {
		if got := isTemporal(code); got != want {
			t.Errorf("%q: got %v, want %v", code, got, want)
		}
	}
	s := &styles{looks: []look{{code: 0}, {code: 14}, {code: 46}, {code: 170}}, codes: map[int]string{170: "d.m"}}
	for style, want := range []bool{false, true, true, true, false} {
		if got := s.showsTime(style); got != want {
			t.Errorf("style %d: got %v, want %v", style, got, want)
		}
	}
}

func TestDerivedStylesHaveALimit(t *testing.T) {
	t.Parallel()
	for count, want := range map[int]bool{maxStyles - 1: true, maxStyles: false} {
		s, err := parseStyles([]byte(`<styleSheet><cellXfs count="1">` + strings.Repeat(`<xf numFmtId="0"/>`, count) + `</cellXfs></styleSheet>`))
		if err != nil {
			t.Fatal(err)
		}
		d := derivedStyles{styles: s}
		d.id(derived{code: "yyyy"})
		if _, err := d.append(nil); (err == nil) != want {
			t.Errorf("one style more than %d: %v, want it taken: %v", count, err, want)
		}
	}
}

// A second list of number formats would make Excel ask to repair the workbook.
func TestNumberFormatsStandOnce(t *testing.T) {
	t.Parallel()
	const yyyy = `<numFmt numFmtId="164" formatCode="yyyy"/>`
	for before, want := range map[string]string{
		``:                     `<numFmts count="1">` + yyyy + `</numFmts>`,
		`<numFmts count="0"/>`: `<numFmts count="1">` + yyyy + `</numFmts>`,
		`<numFmts></numFmts>`:  `<numFmts count="1">` + yyyy + `</numFmts>`,
		`<numFmts count="1"><numFmt numFmtId="164" formatCode="mm"/></numFmts>`: `<numFmts count="2"><numFmt numFmtId="164" formatCode="mm"/><numFmt numFmtId="165" formatCode="yyyy"/></numFmts>`,
	} {
		s, err := parseStyles([]byte(`<styleSheet>` + before + `<fonts/><cellXfs count="1"><xf numFmtId="0"/></cellXfs></styleSheet>`))
		if err != nil {
			t.Fatalf("%q: %v", before, err)
		}
		d := derivedStyles{styles: s}
		d.id(derived{code: "yyyy"})
		got, err := d.append(nil)
		if err != nil || !strings.HasPrefix(string(got), `<styleSheet>`+want+`<fonts/>`) {
			t.Errorf("%q: got %s, %v; want it to begin with %s", before, got, err, want)
		}
	}
}
