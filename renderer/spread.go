package renderer

import (
	"fmt"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// spreadObject puts the keys of a jsonb object into the columns that name them. A
// key that no column names is counted, not dropped in silence. What is not an
// object has no keys.
func (s *sheet) spreadObject(raw []byte) error {
	scan := jsonScan{raw: raw}
	if !scan.object() {
		return nil
	}
	for {
		key, value, ok := scan.member()
		if !ok {
			break
		}
		name, err := unquote(key)
		if err != nil {
			return err
		}
		columns, named := s.spread[string(name)]
		if !named {
			s.r.notes.unknownKey(string(name))
		}
		for _, to := range columns {
			s.found[to] = true
			if err := s.setJSON(to, value); err != nil {
				return err
			}
		}
	}
	if scan.broken {
		return fmt.Errorf("it is cut short at byte %d", scan.at)
	}
	return nil
}

// setJSON makes a cell of a JSON value. Numbers keep every digit; arrays and objects
// stay JSON text.
func (s *sheet) setJSON(to int, raw []byte) error {
	s.texts.drop(to)
	switch raw[0] {
	case '"':
		text, err := unquote(raw)
		if err != nil {
			return err
		}
		s.texts.put(to, xlsx.KindText, text)
	case 't', 'f':
		s.values[to] = xlsx.Bool(raw[0] == 't')
	case 'n':
		s.values[to] = xlsx.Null()
	case '{', '[':
		s.texts.put(to, xlsx.KindText, raw)
	default:
		s.texts.put(to, xlsx.KindDecimal, raw)
	}
	return nil
}
