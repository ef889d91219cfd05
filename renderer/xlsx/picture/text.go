package picture

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// Decode gives the bytes of a picture that a column holds as text: base64 of either
// alphabet, padded or not, broken into lines or not, alone or as a data: URL; PostgreSQL's
// text for bytea (\x and hex digits); or the bytes themselves. What the bytes are, Read
// tells. Text of a picture beyond limits is not decoded.
func Decode(text string, limits Limits) ([]byte, error) {
	if _, raw := formatOf(text); raw {
		return []byte(text), limits.checkBytes(len(text))
	}
	text = strings.TrimSpace(text)
	if digits, ok := strings.CutPrefix(text, `\x`); ok {
		return decodeHex(digits, limits)
	}
	if isDataURL(text) {
		kind, content, found := strings.Cut(text, ",")
		if kind = strings.ToLower(kind); !found || !strings.HasPrefix(kind, dataURL+"image/") || !strings.HasSuffix(kind, ";base64") {
			return nil, fmt.Errorf("%w: a data: URL must be of an image, in base64", ErrNotPicture)
		}
		text = content
	}
	return decodeBase64(text, limits)
}

const dataURL = "data:"

// isDataURL says whether a text is a data: URL, whose beginning may be in capitals.
func isDataURL(text string) bool {
	return len(text) >= len(dataURL) && strings.EqualFold(text[:len(dataURL)], dataURL)
}

func decodeHex(digits string, limits Limits) ([]byte, error) {
	if err := limits.checkBytes(hex.DecodedLen(len(digits))); err != nil {
		return nil, err
	}
	data, err := hex.DecodeString(digits)
	if err != nil {
		return nil, fmt.Errorf("%w: the text after \\x is not hex digits", ErrNotPicture)
	}
	return data, nil
}

func decodeBase64(text string, limits Limits) ([]byte, error) {
	if strings.ContainsAny(text, " \t") { // lines that are indented
		text = strings.Join(strings.Fields(text), "")
	}
	text = strings.TrimRight(text, "=\r\n")
	encoding := base64.RawStdEncoding
	if strings.ContainsAny(text, "-_") {
		encoding = base64.RawURLEncoding
	}
	breaks := strings.Count(text, "\n") + strings.Count(text, "\r")
	if err := limits.checkBytes(encoding.DecodedLen(len(text) - breaks)); err != nil {
		return nil, err
	}
	data, err := encoding.DecodeString(text)
	switch {
	case strings.Contains(text, "://"):
		return nil, fmt.Errorf("%w: an address is not followed", ErrNotPicture)
	case err != nil:
		return nil, fmt.Errorf("%w: the text is not base64", ErrNotPicture)
	}
	return data, nil
}
