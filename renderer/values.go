package renderer

import (
	"encoding/hex"

	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// set puts a value of the query into a column of the sheet.
func (s *sheet) set(to int, v query.Value) {
	if v.Kind() == query.KindBytes && s.layout.Columns[to].Format.IsImage() && len(v.Bytes()) > 0 {
		s.texts.put(to, xlsx.KindImage, v.Bytes()) // as hex digits they would cost as much as the rest of their way
		return
	}
	if kind := kindOfText(v); kind != xlsx.KindNull {
		s.texts.put(to, kind, v.Bytes())
	} else {
		s.values[to] = cell(v)
	}
}

// ownValue is a value that borrows nothing from the query.
func ownValue(v query.Value) xlsx.Value {
	if kind := kindOfText(v); kind != xlsx.KindNull {
		return valueOfText(kind, v.Text())
	}
	return cell(v)
}

// kindOfText is what the text of a value stands for, KindNull for one that is no text.
func kindOfText(v query.Value) xlsx.Kind {
	switch v.Kind() {
	case query.KindText:
		return textKind(v.Odd())
	case query.KindJSON, query.KindOther:
		return xlsx.KindText
	case query.KindNumeric:
		return xlsx.KindDecimal
	default:
		return xlsx.KindNull
	}
}

// valueOfText makes a value of text of a kind.
func valueOfText(kind xlsx.Kind, text string) xlsx.Value {
	switch kind {
	case xlsx.KindDecimal:
		return xlsx.Decimal(text)
	case xlsx.KindOddTime:
		return xlsx.OddTime(text)
	case xlsx.KindImage:
		return xlsx.Image(text)
	default:
		return xlsx.Text(text)
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
