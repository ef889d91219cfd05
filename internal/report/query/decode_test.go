package query

import (
	"math"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// Bytes of any kind are a value or an error, never a panic.
func FuzzDecode(f *testing.F) {
	oids := []uint32{
		pgtype.BoolOID, pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID, pgtype.OIDOID, pgtype.Float4OID, pgtype.Float8OID,
		pgtype.NumericOID, pgtype.TextOID, pgtype.DateOID, pgtype.TimestampOID, pgtype.TimestamptzOID, pgtype.TimeOID,
		pgtype.IntervalOID, pgtype.JSONBOID, pgtype.ByteaOID, pgtype.UUIDOID,
	}
	for _, seed := range []string{"", "\x01", "\x7f\xff\xff\xff", "\x7f\xff\xff\xff\xff\xff\xff\xff", "\x80\x00\x00\x00\x00\x00\x00\x01", "-01:02:03.5", "1:2:3.x", "NaN", "1 mon"} {
		f.Add([]byte(seed))
	}
	zone, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, oid := range oids {
			w := wireOf(oid)
			v, err := decode(w, oid, zone, raw)
			if err != nil {
				continue
			}
			if v.Kind() != w.kind && v.Kind() != KindText {
				t.Errorf("type %d, %x: got kind %s, want %s or text", oid, raw, v.Kind(), w.kind)
			}
			if beyond := v.Kind() != w.kind; beyond != (v.Odd() == w.kind) || !beyond && v.Odd() != KindNull {
				t.Errorf("type %d, %x: got kind %s, odd %s, want one of them %s", oid, raw, v.Kind(), v.Odd(), w.kind)
			}
			if f := v.Float(); v.Kind() == KindFloat && (math.IsNaN(f) || math.IsInf(f, 0)) {
				t.Errorf("type %d, %x: got %v as a finite number", oid, raw, f)
			}
			if year := v.Time().Year(); (v.Kind() == KindDate || v.Kind() == KindTimestamp || v.Kind() == KindTimestampTZ) && (year < 1 || year > 9999) {
				t.Errorf("type %d, %x: got a time in the year %d", oid, raw, year)
			}
			v.Text()
		}
	})
}

func FuzzIntervalText(f *testing.F) {
	for _, us := range []int64{0, 1, -1, 3723500000, -math.MaxInt32 * 1000000, math.MaxInt64 / 1000} {
		f.Add(us)
	}
	f.Fuzz(func(t *testing.T, us int64) {
		want := time.Duration(us%(math.MaxInt64/1000-3600e6)) * time.Microsecond
		text := appendClock(nil, want)
		if got, ok := parseClock(text); !ok || got != want {
			t.Errorf("parseClock(%q): got %v, %v; want %v", text, got, ok, want)
		}
	})
}

func TestDamagedIntervalsStayText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "-", "1", "1:2", "1:2:", "1:2:3.x", "1:2:3.1234567", "1:222:3", "x:2:3", "9999999999:00:00", "1 day 00:00:01", "infinity"} {
		if d, ok := parseClock([]byte(text)); ok {
			t.Errorf("parseClock(%q): got %v, want none", text, d)
		}
	}
}
