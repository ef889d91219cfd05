package legacy

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/xuri/excelize/v2"
)

// book is a workbook that is being made.
type book struct {
	file   *excelize.File
	target target
	args   pgx.NamedArgs
	styles map[string]int // by number format
}

// args are what the statements may use.
func (t *target) args() pgx.NamedArgs {
	return pgx.NamedArgs{
		"tenant": t.Tenant, "site": t.Site, "form": t.Form, "zone": t.Zone, "from": t.from, "until": t.until,
		"first": t.from.Format(time.DateOnly), "after": t.until.Format(time.DateOnly),
	}
}

// workbook makes a workbook in memory and says how many rows it has.
func (c *Config) workbook(ctx context.Context, r report, t target) (content []byte, rows int, err error) {
	b := &book{file: excelize.NewFile(), target: t, styles: map[string]int{}, args: t.args()}
	defer func() { err = errors.Join(err, b.file.Close()) }()
	for i, s := range r.sheets {
		n, err := c.sheet(ctx, b, s, i)
		if err != nil {
			return nil, 0, err
		}
		rows += n
	}
	buffer, err := b.file.WriteToBuffer()
	if err != nil {
		return nil, 0, err
	}
	return buffer.Bytes(), rows, nil
}

// sheet writes one sheet and returns the number of its rows.
func (c *Config) sheet(ctx context.Context, b *book, s sheet, index int) (int, error) {
	if s.fields != "" {
		rows, err := c.Database.Query(ctx, s.fields, b.args)
		if err != nil {
			return 0, err
		}
		more, err := pgx.CollectRows(rows, pgx.RowToStructByPos[column])
		if err != nil {
			return 0, err
		}
		s.columns = append(s.columns[:len(s.columns):len(s.columns)], more...)
	}
	stream, err := b.begin(s, index)
	if err != nil {
		return 0, err
	}
	rows, err := c.Database.Query(ctx, s.rows, b.args)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n, sums := 0, sums{}
	for ; rows.Next(); n++ {
		values, err := rows.Values()
		if err != nil {
			return n, err
		}
		if answers, ok := values[len(values)-1].([]any); ok {
			values = append(values[:len(values)-1], answers...)
		}
		for i := range values {
			if values[i], err = b.cell(values[i], s.columns[i].Format); err != nil {
				return n, err
			}
		}
		if err := stream.SetRow("A"+strconv.Itoa(s.header()+n+1), values); err != nil {
			return n, err
		}
		sums.add(values)
	}
	if err := rows.Err(); err != nil {
		return n, err
	}
	return n, errors.Join(b.finish(stream, s, n, sums), stream.Flush())
}

// begin makes a sheet and writes its header.
func (b *book) begin(s sheet, index int) (*excelize.StreamWriter, error) {
	name := s.name
	if name == "" {
		name = sheetName(b.target.Title)
	}
	var err error
	if index == 0 {
		err = b.file.SetSheetName(b.file.GetSheetName(0), name)
	} else {
		_, err = b.file.NewSheet(name)
	}
	if err != nil {
		return nil, fmt.Errorf("sheet %q: %w", name, err)
	}
	// A stream leaves the new sheet's dimension as it is, A1, and some readers stop there.
	if err := b.file.SetSheetDimension(name, ""); err != nil {
		return nil, err
	}
	stream, err := b.file.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	titles := make([]any, 0, len(s.columns))
	for _, c := range s.columns {
		titles = append(titles, c.Title)
	}
	header := s.header()
	frozen := excelize.Panes{Freeze: true, YSplit: header, TopLeftCell: "A" + strconv.Itoa(header+1), ActivePane: "bottomLeft"}
	err = stream.SetPanes(&frozen)
	if s.filed {
		err = errors.Join(err, stream.SetRow("A1", []any{b.target.Title + " " + s.name}))
	}
	return stream, errors.Join(err, stream.SetRow("A"+strconv.Itoa(header), titles))
}

// sheetName replaces what Excel does not take in a sheet's name.
func sheetName(title string) string {
	clean := []rune(strings.NewReplacer("[", "_", "]", "_", ":", "_", "*", "_", "?", "_", "/", "_", `\`, "_").Replace(title))
	return strings.Trim(string(clean[:min(31, len(clean))]), "'")
}
