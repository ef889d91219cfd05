package verify

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"testing"
)

// However a column holds a picture as text, it is the file that the workbook should have.
func TestPictureFile(t *testing.T) {
	t.Parallel()
	want := []byte("\x89PNG\r\n\x1a\n\xfb\xef\xbe")
	standard := base64.StdEncoding.EncodeToString(want)
	for _, text := range []string{
		standard, base64.RawURLEncoding.EncodeToString(want), standard[:5] + "\r\n\t  " + standard[5:],
		"data:image/png;base64," + standard, "DATA:IMAGE/PNG;BASE64, " + standard, `\x` + hex.EncodeToString(want),
	} {
		if got := pictureFile(text); !bytes.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{`\xabc`, "写真", "https://example.com/a.png"} {
		if got := pictureFile(text); got != nil {
			t.Errorf("%q: got %q, want nothing", text, got)
		}
	}
}
