package query

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

const (
	formatText   int16 = 0
	formatBinary int16 = 1
)

// wire says how values of a type travel and what they become.
type wire struct {
	kind   Kind
	format int16
	// width is the number of bytes in binary form, 0 for any.
	width int
}

// wireOf chooses binary where decoding it costs less than making and reading
// text. Domains arrive under their base type.
func wireOf(oid uint32) wire {
	switch oid {
	case pgtype.BoolOID:
		return wire{KindBool, formatBinary, 1}
	case pgtype.Int2OID:
		return wire{KindInt, formatBinary, 2}
	case pgtype.Int4OID, pgtype.OIDOID:
		return wire{KindInt, formatBinary, 4}
	case pgtype.Int8OID:
		return wire{KindInt, formatBinary, 8}
	case pgtype.Float4OID: // its shortest decimal is the number meant; its bits are not
		return wire{KindFloat, formatText, 0}
	case pgtype.Float8OID:
		return wire{KindFloat, formatBinary, 8}
	case pgtype.NumericOID:
		return wire{KindNumeric, formatText, 0}
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.BPCharOID, pgtype.NameOID, pgtype.QCharOID, pgtype.XMLOID, pgtype.UnknownOID:
		return wire{KindText, formatText, 0}
	case pgtype.DateOID:
		return wire{KindDate, formatBinary, 4}
	case pgtype.TimestampOID:
		return wire{KindTimestamp, formatBinary, 8}
	case pgtype.TimestamptzOID:
		return wire{KindTimestampTZ, formatBinary, 8}
	case pgtype.TimeOID:
		return wire{KindTime, formatBinary, 8}
	case pgtype.IntervalOID:
		return wire{KindInterval, formatText, 0}
	case pgtype.JSONOID, pgtype.JSONBOID:
		return wire{KindJSON, formatText, 0}
	case pgtype.ByteaOID:
		return wire{KindBytes, formatBinary, 0}
	}
	return wire{KindOther, formatText, 0}
}

var errWidth = errors.New("a binary value has the wrong length")

// decode makes the Value of one field. raw is borrowed.
func decode(w wire, oid uint32, zone *time.Location, raw []byte) (Value, error) {
	if w.width > 0 && len(raw) != w.width {
		return Value{}, errWidth
	}
	switch w.kind {
	case KindBool:
		return Value{kind: KindBool, num: int64(raw[0])}, nil
	case KindInt:
		return Value{kind: KindInt, num: decodeInt(oid, raw)}, nil
	case KindFloat:
		return decodeFloat(w, raw)
	case KindNumeric:
		if len(raw) == 0 || raw[len(raw)-1] < '0' || raw[len(raw)-1] > '9' { // NaN, Infinity
			return odd(w.kind, raw), nil
		}
	case KindDate:
		return decodeDate(int32(binary.BigEndian.Uint32(raw))), nil
	case KindTimestamp:
		return decodeInstant(KindTimestamp, nil, int64(binary.BigEndian.Uint64(raw))), nil
	case KindTimestampTZ:
		return decodeInstant(KindTimestampTZ, zone, int64(binary.BigEndian.Uint64(raw))), nil
	case KindTime:
		return Value{kind: KindTime, num: int64(binary.BigEndian.Uint64(raw)) * int64(time.Microsecond)}, nil
	case KindInterval:
		if d, ok := parseClock(raw); ok {
			return Value{kind: KindInterval, num: int64(d)}, nil
		}
		return odd(w.kind, raw), nil
	}
	return Value{kind: w.kind, raw: raw}, nil
}

// odd is a value beyond its column's kind, as text.
func odd(kind Kind, raw []byte) Value { return Value{kind: KindText, odd: kind, raw: raw} }

func decodeInt(oid uint32, raw []byte) int64 {
	switch len(raw) {
	case 2:
		return int64(int16(binary.BigEndian.Uint16(raw)))
	case 4:
		if oid == pgtype.OIDOID {
			return int64(binary.BigEndian.Uint32(raw))
		}
		return int64(int32(binary.BigEndian.Uint32(raw)))
	}
	return int64(binary.BigEndian.Uint64(raw))
}

func decodeFloat(w wire, raw []byte) (Value, error) {
	var f float64
	if w.format == formatBinary {
		f = math.Float64frombits(binary.BigEndian.Uint64(raw))
	} else {
		var err error
		if f, err = strconv.ParseFloat(string(raw), 64); err != nil {
			return Value{}, err
		}
	}
	switch {
	case math.IsNaN(f):
		return odd(KindFloat, []byte("NaN")), nil
	case math.IsInf(f, 1):
		return odd(KindFloat, []byte("Infinity")), nil
	case math.IsInf(f, -1):
		return odd(KindFloat, []byte("-Infinity")), nil
	}
	return Value{kind: KindFloat, num: int64(math.Float64bits(f))}, nil
}

// PostgreSQL counts from 2000-01-01; time.Time can show the years 1 to 9999
// in four digits. The bounds keep a day's distance for the sake of zones.
const (
	epochDays    = 10957
	epochSeconds = epochDays * 86400
	firstDay     = -719162 + 1 // 0001-01-02 in days since 1970
	lastDay      = 2932896 - 1 // 9999-12-30
	dayMicros    = 86400 * 1e6
)

func decodeDate(days int32) Value {
	switch days {
	case math.MaxInt32:
		return odd(KindDate, []byte("infinity"))
	case math.MinInt32:
		return odd(KindDate, []byte("-infinity"))
	}
	t := time.Unix((int64(days)+epochDays)*86400, 0).UTC()
	if year := t.Year(); year < 1 || year > 9999 {
		return odd(KindDate, appendOdd(nil, t, "-01-02"))
	}
	return Value{kind: KindDate, num: t.UnixMicro()}
}

func decodeInstant(kind Kind, zone *time.Location, micros int64) Value {
	switch micros {
	case math.MaxInt64:
		return odd(kind, []byte("infinity"))
	case math.MinInt64:
		return odd(kind, []byte("-infinity"))
	}
	if micros > (firstDay-epochDays)*dayMicros && micros < (lastDay-epochDays)*dayMicros {
		return Value{kind: kind, num: micros + epochSeconds*1e6, zone: zone}
	}
	t := time.Unix(epochSeconds+micros/1e6, micros%1e6*1000).UTC()
	layout := "-01-02 15:04:05.999999"
	if zone != nil {
		t, layout = t.In(zone), layout+"Z07:00"
	}
	if year := t.Year(); year < 1 || year > 9999 {
		return odd(kind, appendOdd(nil, t, layout))
	}
	return Value{kind: kind, num: t.UnixMicro(), zone: zone}
}

// appendOdd writes a time whose year has not four digits or is before Christ.
func appendOdd(b []byte, t time.Time, layout string) []byte {
	year := t.Year()
	if year < 1 {
		year = 1 - year
	}
	for pad := 1000; pad > year; pad /= 10 {
		b = append(b, '0')
	}
	b = strconv.AppendInt(b, int64(year), 10)
	b = t.AppendFormat(b, layout)
	if t.Year() < 1 {
		b = append(b, " BC"...)
	}
	return b
}

// parseClock reads an interval of hours, minutes and seconds; days and months
// have no exact length.
func parseClock(raw []byte) (time.Duration, bool) {
	rest, negative := bytes.CutPrefix(raw, []byte("-"))
	hours, rest, ok1 := bytes.Cut(rest, []byte(":"))
	minutes, rest, ok2 := bytes.Cut(rest, []byte(":"))
	seconds, fraction, _ := bytes.Cut(rest, []byte("."))
	h, ok3 := digits(hours, 9)
	m, ok4 := digits(minutes, 2)
	s, ok5 := digits(seconds, 2)
	us, ok6 := digits(append(fraction[:len(fraction):len(fraction)], "000000"[min(len(fraction), 6):]...), 6)
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 || h > math.MaxInt64/int64(time.Hour)-1 {
		return 0, false
	}
	d := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second + time.Duration(us)*time.Microsecond
	if negative {
		d = -d
	}
	return d, true
}

func digits(b []byte, most int) (n int64, ok bool) {
	if len(b) == 0 || len(b) > most {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}
