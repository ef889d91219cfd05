package renderer

import (
	"encoding/hex"

	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// set puts a value of the query into a column of the sheet.
func (s *sheet) set(to int, v query.Value) {
	switch v.Kind() {
	case query.KindText:
		s.texts.put(to, textKind(v.Odd()), v.Bytes())
	case query.KindJSON, query.KindOther:
		s.texts.put(to, xlsx.KindText, v.Bytes())
	case query.KindNumeric:
		s.texts.put(to, xlsx.KindDecimal, v.Bytes())
	default:
		s.values[to] = cell(v)
	}
}

// textKind is what text stands for that is a value beyond its column's kind. The
// writer records that the cell holds text instead; text that is text stays so.
func textKind(odd query.Kind) xlsx.Kind {
	switch odd {
	case query.KindFloat, query.KindNumeric: // NaN and the infinities
		return xlsx.KindDecimal
	case query.KindDate, query.KindTimestamp, query.KindTimestampTZ, query.KindInterval:
		return xlsx.KindOddTime
	default:
		return xlsx.KindText
	}
}

// cell makes a cell of a value that is not text.
func cell(v query.Value) xlsx.Value {
	switch v.Kind() {
	case query.KindNull:
		return xlsx.Null()
	case query.KindBool:
		return xlsx.Bool(v.Bool())
	case query.KindInt:
		return xlsx.Int(v.Int())
	case query.KindFloat:
		return xlsx.Float(v.Float())
	case query.KindDate:
		t := v.Time()
		return xlsx.Date(t.Year(), t.Month(), t.Day())
	case query.KindTimestamp, query.KindTimestampTZ:
		return xlsx.DateTime(v.Time())
	case query.KindTime:
		return xlsx.TimeOfDay(v.Duration())
	case query.KindInterval:
		return xlsx.Duration(v.Duration())
	case query.KindBytes:
		return xlsx.Text(`\x` + hex.EncodeToString(v.Bytes()))
	default:
		return xlsx.Text(v.Text())
	}
}
