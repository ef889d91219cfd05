package legacy

import (
	"fmt"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"
)

// header is the row of the header.
func (s sheet) header() int {
	if s.filed {
		return 2
	}
	return 1
}

// sums are those of whole numbers, by column.
type sums map[int]int64

func (s sums) add(row []any) {
	for i, value := range row {
		if c, ok := value.(excelize.Cell); ok {
			value = c.Value
		}
		if n, ok := value.(int64); ok {
			s[i] += n
		}
	}
}

// finish writes what stands below the n rows of a filed sheet.
func (b *book) finish(stream *excelize.StreamWriter, s sheet, n int, of sums) error {
	if !s.filed {
		return nil
	}
	at := s.header() + n
	if n > 0 {
		row := []any{"合計"}
		for i, column := range s.totals {
			style, err := b.style("#,##0")
			if err != nil {
				return err
			}
			formula := fmt.Sprintf("SUBTOTAL(109,%s%d:%s%d)", column, s.header()+1, column, at)
			row = append(row, excelize.Cell{StyleID: style, Formula: formula, Value: of[i+1]})
		}
		at++
		if err := stream.SetRow("A"+strconv.Itoa(at), row); err != nil {
			return err
		}
	}
	period := b.target.from.Format(time.DateOnly) + " – " + b.target.until.AddDate(0, 0, -1).Format(time.DateOnly)
	if err := stream.SetRow("A"+strconv.Itoa(at+2), []any{period}); err != nil {
		return err
	}
	return stream.SetRow("A"+strconv.Itoa(at+3), []any{strconv.Itoa(n) + " 項目"})
}
