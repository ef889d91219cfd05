package cells_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// BenchmarkRows reads 5,000 rows of 20 cells; bytes are those of the sheet's XML.
func BenchmarkRows(b *testing.B) {
	var rows strings.Builder
	for r := range 5000 {
		fmt.Fprintf(&rows, `<row r="%d">`, r+1)
		for c := range 10 {
			fmt.Fprintf(&rows, `<c r="%c%d" s="1"><v>%d.25</v></c>`, 'A'+2*c, r+1, r*c)
			fmt.Fprintf(&rows, `<c r="%c%d" t="inlineStr"><is><t>異常なし</t></is></c>`, 'B'+2*c, r+1)
		}
		rows.WriteString(`</row>`)
	}
	book := mustOpen(b, plain(rows.String()))
	b.SetBytes(int64(rows.Len()))
	b.ReportAllocs()
	for b.Loop() {
		count := 0
		if err := book.Sheets()[0].Rows(func(_ int, row []cells.Cell) error { count += len(row); return nil }); err != nil || count != 100_000 {
			b.Fatalf("read %d cells, %v", count, err)
		}
	}
}
