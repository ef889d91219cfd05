package xlsx

import (
	"strings"
	"testing"
)

// readPageCodes reads the left text of a page as Excel does.
func readPageCodes(t *testing.T, codes string) string {
	t.Helper()
	codes, ok := strings.CutPrefix(codes, "&L")
	if !ok && codes != "" {
		t.Fatalf("codes %q do not begin on the left", codes)
	}
	var b strings.Builder
	for i := 0; i < len(codes); i++ {
		if codes[i] != '&' {
			b.WriteByte(codes[i])
			continue
		}
		if i++; i == len(codes) {
			t.Fatalf("codes %q end within one", codes)
		}
		switch codes[i] {
		case '&':
			b.WriteByte('&')
		case 'P':
			b.WriteString(PageNumber)
			switch rest := codes[i+1:]; {
			case strings.HasPrefix(rest, "+") || strings.HasPrefix(rest, "-"):
				t.Fatalf("codes %q have the number of another page", codes)
			case strings.HasPrefix(rest, " +") || strings.HasPrefix(rest, " -"):
				i++ // the blank that keeps the sign away
			}
		case 'N':
			b.WriteString(PageCount)
		case 'A':
			b.WriteString(PageSheet)
		default:
			t.Fatalf("codes %q have the code &%c", codes, codes[i])
		}
	}
	return b.String()
}

// FuzzPageText holds that a page's text is read as it was meant.
func FuzzPageText(f *testing.F) {
	for _, seed := range []string{"", "A&B", "&P", PageNumber + "-1", PageNumber + PageCount, "&&&", "100%&", PageSheet + "&12", "a\x00\xff", strings.Repeat("😀", 127), strings.Repeat(PageNumber+"+", 90)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		codes, changes := PageText{Left: text}.codes()
		if n := countUnits(codes); n > maxPageText {
			t.Errorf("%q has %d characters of codes", text, n)
		}
		// A blank of the text's own between a number and a sign reads like ours.
		text = strings.NewReplacer(PageNumber+" +", PageNumber+"+", PageNumber+" -", PageNumber+"-").Replace(text)
		visible := strings.NewReplacer(PageNumber, "P", PageCount, "N", PageSheet, "A")
		want, _, cut := cleanText(visible.Replace(text))
		got := visible.Replace(readPageCodes(t, codes))
		switch {
		case cut&changedLength != 0: // it was cut as a cell's text is
		case changes&changedLength != 0 && strings.HasPrefix(want, strings.TrimSuffix(got, " ")):
		case got != want:
			t.Errorf("%q has the codes %q and reads %q, want %q", text, codes, got, want)
		}
	})
}
