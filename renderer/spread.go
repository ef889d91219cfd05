package renderer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// spreadObject puts the keys of a jsonb object into the columns that name them. A
// key that no column names is counted, not dropped in silence. What is not an
// object has no keys.
func (s *sheet) spreadObject(v query.Value) error {
	raw := bytes.TrimSpace(v.Bytes())
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		return spreadError(err)
	}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return spreadError(err)
		}
		key, _ := token.(string) // a key of a JSON object is a string
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return spreadError(err)
		}
		to, ok := s.spread[key]
		if !ok {
			s.r.notes.unknownKey(key)
			continue
		}
		s.seen[to] = true
		if s.values[to], err = jsonCell(value); err != nil {
			return spreadError(err)
		}
	}
	return nil
}

func spreadError(err error) error {
	return &WorkbookError{fmt.Errorf("read a jsonb value: %w", err)}
}

// jsonCell makes a cell of a JSON value. Numbers keep every digit; arrays and
// objects stay JSON text.
func jsonCell(raw json.RawMessage) (xlsx.Value, error) {
	switch raw[0] {
	case '"':
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return xlsx.Null(), err
		}
		return xlsx.Text(text), nil
	case 't':
		return xlsx.Bool(true), nil
	case 'f':
		return xlsx.Bool(false), nil
	case 'n':
		return xlsx.Null(), nil
	case '{', '[':
		return xlsx.Text(string(raw)), nil
	default:
		if bytes.ContainsAny(raw, "eE") {
			var f float64
			err := json.Unmarshal(raw, &f)
			return xlsx.Float(f), err
		}
		return xlsx.Decimal(strings.Clone(string(raw))), nil
	}
}
