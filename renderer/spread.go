package renderer

import (
	"fmt"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// spreadObject puts the keys of a jsonb object into the columns that name them. A
// key that no column names is counted, not dropped in silence. What is not an
// object has no keys.
func (s *sheet) spreadObject(raw []byte) error {
	return eachMember(raw, func(key, value []byte) error {
		columns, named := s.spread[string(key)]
		if !named {
			s.r.notes.unknownKey(string(key))
		}
		for _, to := range columns {
			s.found[to] = true
			if err := s.setJSON(to, value); err != nil {
				return err
			}
		}
		return nil
	})
}

// eachMember calls do for each key of a JSON object and its value, which are borrowed.
// What is not an object has no keys.
func eachMember(raw []byte, do func(key, value []byte) error) error {
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
		if err := do(name, value); err != nil {
			return err
		}
	}
	if scan.broken {
		return fmt.Errorf("it is cut short at byte %d", scan.at)
	}
	return nil
}

// setJSON makes a cell of a JSON value.
func (s *sheet) setJSON(to int, raw []byte) error {
	s.texts.drop(to)
	kind, text, err := jsonText(raw)
	if kind != xlsx.KindNull {
		s.texts.put(to, kind, text)
	} else {
		s.values[to] = jsonWord(raw)
	}
	return err
}

// ownJSON is a JSON value that borrows nothing.
func ownJSON(raw []byte) (xlsx.Value, error) {
	kind, text, err := jsonText(raw)
	if kind != xlsx.KindNull {
		return valueOfText(kind, string(text)), err
	}
	return jsonWord(raw), err
}

// jsonText is the text of a JSON value and what it stands for; KindNull for null, true
// and false. Numbers keep every digit; arrays and objects stay JSON text.
func jsonText(raw []byte) (xlsx.Kind, []byte, error) {
	switch raw[0] {
	case '"':
		text, err := unquote(raw)
		return xlsx.KindText, text, err
	case 't', 'f', 'n':
		return xlsx.KindNull, nil, nil
	case '{', '[':
		return xlsx.KindText, raw, nil
	default:
		return xlsx.KindDecimal, raw, nil
	}
}

// jsonWord is null, true or false.
func jsonWord(raw []byte) xlsx.Value {
	if raw[0] == 'n' {
		return xlsx.Null()
	}
	return xlsx.Bool(raw[0] == 't')
}
