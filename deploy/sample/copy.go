package sample

import (
	"context"
	"encoding/hex"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// chunks makes a table's rows piece by piece: each call appends some rows, none
// is possible too, and reports whether there may be more.
type chunks func(*lines) (more bool)

// copyInto writes the rows by COPY in its text format: it needs no encoding by
// column type, which takes longer than making up the values.
func copyInto(ctx context.Context, tx pgx.Tx, name string, columns []string, rows chunks) (int64, error) {
	quoted := make([]string, len(columns))
	for i, column := range columns {
		quoted[i] = pgx.Identifier{column}.Sanitize()
	}
	statement := "copy " + pgx.Identifier{name}.Sanitize() + " (" + strings.Join(quoted, ", ") + ") from stdin"
	tag, err := tx.Conn().PgConn().CopyFrom(ctx, &copyReader{next: rows}, statement)
	return tag.RowsAffected(), err
}

// copyReader makes rows when PostgreSQL has taken the ones before.
type copyReader struct {
	next chunks
	made lines
	off  int
	done bool
}

func (r *copyReader) Read(p []byte) (int, error) {
	for r.off == len(r.made.buf) {
		if r.done {
			return 0, io.EOF
		}
		r.made.buf, r.off = r.made.buf[:0], 0
		r.done = !r.next(&r.made)
	}
	n := copy(p, r.made.buf[r.off:])
	r.off += n
	return n, nil
}

// lines collects rows in COPY's text format: columns in the table's order, then
// end.
type lines struct {
	buf    []byte
	serial int64 // last id given by id
	inLine bool
}

func (l *lines) column() {
	if l.inLine {
		l.buf = append(l.buf, '\t')
	}
	l.inLine = true
}

func (l *lines) end() {
	l.buf = append(l.buf, '\n')
	l.inLine = false
}

// id writes the table's next id, from 1.
func (l *lines) id() {
	l.serial++
	l.int(l.serial)
}

func (l *lines) null() {
	l.column()
	l.buf = append(l.buf, `\N`...)
}

func (l *lines) int(v int64) {
	l.column()
	l.buf = strconv.AppendInt(l.buf, v, 10)
}

func (l *lines) bool(v bool) {
	l.column()
	if v {
		l.buf = append(l.buf, 't')
	} else {
		l.buf = append(l.buf, 'f')
	}
}

// fixed writes v / 10^places.
func (l *lines) fixed(v int64, places int) {
	l.column()
	l.buf = appendFixed(l.buf, v, places)
}

func appendFixed(b []byte, v int64, places int) []byte {
	if v < 0 {
		b, v = append(b, '-'), -v
	}
	scale := int64(1)
	for range places {
		scale *= 10
	}
	b = strconv.AppendInt(b, v/scale, 10)
	if places == 0 {
		return b
	}
	b = append(b, '.')
	rest := strconv.FormatInt(v%scale+scale, 10) // a leading 1 keeps the zeros
	return append(b, rest[1:]...)
}

func (l *lines) text(v string) {
	l.column()
	for i := range len(v) {
		switch c := v[i]; c {
		case '\\':
			l.buf = append(l.buf, `\\`...)
		case '\n':
			l.buf = append(l.buf, `\n`...)
		case '\r':
			l.buf = append(l.buf, `\r`...)
		case '\t':
			l.buf = append(l.buf, `\t`...)
		default:
			l.buf = append(l.buf, c)
		}
	}
}

// bytes writes a bytea.
func (l *lines) bytes(v []byte) {
	l.column()
	l.buf = hex.AppendEncode(append(l.buf, `\\x`...), v)
}

// textOrNull writes NULL for the empty string.
func (l *lines) textOrNull(v string) {
	if v == "" {
		l.null()
		return
	}
	l.text(v)
}

// instant writes a timestamptz, to the microsecond.
func (l *lines) instant(t time.Time) {
	l.column()
	l.buf = t.UTC().AppendFormat(l.buf, "2006-01-02 15:04:05.999999+00")
}

// local writes what a clock in t's zone shows, for a timestamp.
func (l *lines) local(t time.Time) {
	l.column()
	l.buf = t.AppendFormat(l.buf, "2006-01-02 15:04:05.999999")
}

func (l *lines) date(t time.Time) {
	l.column()
	l.buf = t.AppendFormat(l.buf, time.DateOnly)
}
