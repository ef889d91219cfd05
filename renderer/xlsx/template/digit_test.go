package template

import "testing"

func TestDigitsAreAsWideAsTheFirstFontsAre(t *testing.T) {
	t.Parallel()
	for fonts, want := range map[string]int{
		`<font><sz val="11"/><name val="Calibri"/></font><font><sz val="30"/><name val="Meiryo"/></font>`: 7,
		`<font><sz val="11"/><name val="游ゴシック"/></font>`:                                                  8,
		`<font><sz val="11"/><name val="Yu Gothic"/></font>`:                                              8,
		`<font><sz val="10"/><name val="Arial"/></font>`:                                                  7, // as Excel had it for years
		`<font><sz val="11"/><name val="Arial"/></font>`:                                                  8,
		`<font><sz val="22"/><name val="Arial"/></font>`:                                                  16,
		`<font><sz val="11"/><name val="Times New Roman"/></font>`:                                        7,
		`<font><sz val="12"/><name val="Calibri"/></font>`:                                                8,
		``: 7,
	} {
		s := &styles{content: []byte(`<styleSheet><fonts>` + fonts + `</fonts></styleSheet>`)}
		if got := s.digitWidth(); got != want {
			t.Errorf("%s: got %d pixels, want %d", fonts, got, want)
		}
	}
}
