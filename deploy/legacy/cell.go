package legacy

import (
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/xuri/excelize/v2"
)

// cell is a value of the database as a cell of a column with that format.
func (b *book) cell(value any, format string) (any, error) {
	known, err := plain(value)
	switch v := known.(type) {
	case nil:
		return nil, err
	case string:
		return b.answer(v, format)
	}
	return b.number(known, format)
}

// plain is a value of the database as Excel has it: days and times are numbers.
func plain(value any) (any, error) {
	switch v := value.(type) {
	case nil, string, int32, int64, float64:
		return v, nil
	case time.Time:
		return v.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Seconds() / secondsOfDay, nil
	case pgtype.Interval:
		return float64(v.Days) + float64(v.Microseconds)/1e6/secondsOfDay, nil
	}
	return nil, fmt.Errorf("value %v of type %T has no place in a workbook", value, value)
}

const secondsOfDay = 24 * 60 * 60

// answer is a text, of which some fields of forms say that it is something else. What it
// then is not stays text.
func (b *book) answer(text, format string) (any, error) {
	switch format {
	case "":
		return text, nil
	case "@":
		style, err := b.style(format)
		return excelize.Cell{StyleID: style, Value: text}, err
	case "yesno":
		if word, ok := map[string]string{"true": "適", "false": "否"}[text]; ok {
			return word, nil
		}
	case "time":
		if at, err := time.Parse("15:04", text); err == nil {
			return b.number(float64(at.Hour()*60+at.Minute())/(24*60), format)
		}
	case "date":
		if day, err := time.Parse(time.DateOnly, text); err == nil {
			return b.cell(day, format)
		}
	default:
		if number, err := strconv.ParseFloat(text, 64); err == nil {
			return b.number(number, format)
		}
	}
	return text, nil
}

func (b *book) number(value any, format string) (any, error) {
	style, err := b.style(format)
	return excelize.Cell{StyleID: style, Value: value}, err
}

// style returns the style of a number format. Japanese customers see dates with / and no
// seconds.
func (b *book) style(format string) (int, error) {
	if id, ok := b.styles[format]; ok {
		return id, nil
	}
	own := map[string][2]string{
		"datetime": {"yyyy-mm-dd hh:mm:ss", "yyyy/mm/dd hh:mm"},
		"date":     {"yyyy-mm-dd", "yyyy/mm/dd"},
		"time":     {"hh:mm:ss", "hh:mm"},
	}
	code := format
	if codes, ok := own[format]; ok {
		code = codes[0]
		if b.target.Language == "ja" {
			code = codes[1]
		}
	}
	id, err := b.file.NewStyle(&excelize.Style{CustomNumFmt: &code})
	if err != nil {
		return 0, fmt.Errorf("number format %q: %w", code, err)
	}
	b.styles[format] = id
	return id, nil
}
