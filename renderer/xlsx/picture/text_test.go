package picture_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"regexp"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/picture"
	"github.com/jetsheet/jetsheet/renderer/xlsx/picture/picturetest"
)

func TestDecodeTakesEveryWayToKeepAPictureAsText(t *testing.T) {
	t.Parallel()
	// Both alphabets' own signs are needed, and both lengths of padding.
	want := append(picturetest.PNG(t, 30, 50), 0xFB, 0xEF, 0xBE, 0xFF, 0xFF)
	for len(want)%3 != 1 {
		want = append(want, 0xFF)
	}
	standard := base64.StdEncoding.EncodeToString(want)
	lines := regexp.MustCompile(`.{76}`).ReplaceAllString(standard, "$0\n")
	for name, text := range map[string]string{
		"base64":                            standard,
		"base64 without padding":            base64.RawStdEncoding.EncodeToString(want),
		"base64 of URLs":                    base64.URLEncoding.EncodeToString(want),
		"base64 in lines":                   lines,
		"base64 in lines of mail":           regexp.MustCompile("\n").ReplaceAllString(lines, "\r\n") + "\r\n",
		"blanks around it":                  " \n" + standard + "\t ",
		"data URL":                          "data:image/png;base64," + standard,
		"base64 in lines that are indented": "data:image/png;base64,\n    " + regexp.MustCompile("\n").ReplaceAllString(lines, "\n\t  "),
		"data URL in capitals":              "DATA:IMAGE/PNG;BASE64," + standard,
		"data URL with a charset":           "data:image/png;charset=utf-8;base64," + standard,
		"hex":                               `\x` + hex.EncodeToString(want),
		"bytes":                             string(want),
	} {
		got, err := picture.Decode(text, picture.Limits{Bytes: len(want)})
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: got %d bytes and %v, want %d bytes", name, len(got), err, len(want))
		}
		if _, err := picture.Decode(text, picture.Limits{Bytes: len(want) - 1}); !errors.Is(err, picture.ErrTooLarge) {
			t.Errorf("%s, one byte too long: got %v, want %v", name, err, picture.ErrTooLarge)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"https://example.com/photo.png", "s3://bucket/photo.png", "file:///etc/passwd", `\xabc`, `\xzz`, "写真",
		"data:image/png,abc", "data:text/html;base64,aGVsbG8=", "data:image/png;base64", "iVBORw0KGgo=iVBORw0KGgo=",
	} {
		if got, err := picture.Decode(text, picture.Limits{}); !errors.Is(err, picture.ErrNotPicture) {
			t.Errorf("%q: got %q, %v; want %v", text, got, err, picture.ErrNotPicture)
		}
	}
}
