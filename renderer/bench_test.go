package renderer

import (
	"fmt"
	"io"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// BenchmarkRender makes workbooks from a query to the last byte, PostgreSQL's time
// included: the small one is what most conversions are.
func BenchmarkRender(b *testing.B) {
	for _, rows := range []int{20, 200, 20_000} {
		b.Run(fmt.Sprint("rows=", rows), func(b *testing.B) {
			d := newDatabase(b)
			text := definition(fmt.Sprintf(`records: "select i as id, timestamptz '2026-10-01' + i * interval '1 min' as at, 3.5::numeric(6,1) + i %% 10 as temperature, true as ok, md5(i::text) as memo, 'site ' || i as site, json_build_object('door', 'closed', 'humidity', 55.5, 'by', 'Tanaka') as answers from generate_series(1, %d) i where @tenant = 'a'"`, rows),
				`sheets: [{name: S, rows: records, columns: [{name: id}, {name: at, format: datetime}, {name: temperature, format: "decimal:1"}, {name: ok}, {name: memo}, {name: site}, {name: door}, {name: humidity}, {name: by}]}]`)
			source := Source{Database: d.db, Definition: parse(b, text), Request: request("x")}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Render(b.Context(), source, io.Discard); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSpread is the cost of one row's jsonb object.
func BenchmarkSpread(b *testing.B) {
	s := &sheet{r: &rendering{notes: newNotes()}, spread: map[string][]int{"temp": {0}, "ok": {1}, "memo": {2}}, found: make([]bool, 3), texts: newTexts(3)}
	s.values = append(s.values, xlsx.Null(), xlsx.Null(), xlsx.Null())
	raw := []byte(`{"ok": true, "memo": "冷蔵庫の扉が開いていた", "temp": 3.5, "other": {"a": [1, 2, 3]}}`)
	b.ReportAllocs()
	for b.Loop() {
		s.texts.reset()
		if err := s.spreadObject(raw); err != nil {
			b.Fatal(err)
		}
		s.texts.fill(s.values)
	}
}
