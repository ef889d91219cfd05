package main

import (
	"math"
	"strconv"
	"time"
)

// kind is what a cell of the data holds.
type kind int

const (
	blank kind = iota
	text
	integer
	decimal // one digit after the point
	float   // many digits
	date
	dateTime
	boolean
)

// value is one cell. Only the field of its kind is set.
type value struct {
	kind   kind
	text   string
	number float64
	whole  int64
	at     time.Time
	truth  bool
}

// phrases are what people write into inspection sheets.
var phrases = [...]string{
	"異常なし", "清掃済み", "温度計を交換した", "扉が開いていた & 閉めた", "冷蔵庫 1", "checked", "needs <repair>", "第2倉庫 西側の棚",
}

// kindOf is the kind of all cells of a column but for the blank ones.
func kindOf(column int) kind {
	return [...]kind{integer, text, text, decimal, dateTime, date, boolean, text, float, decimal}[column%10]
}

var firstDay = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// fill makes a row of the data; the same in every language that takes part.
func fill(row []value, i int) {
	for j := range row {
		row[j] = cellOf(i, j)
	}
}

func cellOf(i, j int) value {
	v := value{kind: kindOf(j)}
	switch v.kind {
	case integer:
		v.whole = int64(i*20 + j)
	case decimal:
		v.number = float64((i*7+j*13)%900-200) / 10
	case float:
		v.number = math.Sqrt(float64(i*3 + j))
	case date:
		v.at = firstDay.AddDate(0, 0, i%365)
	case dateTime:
		v.at = firstDay.Add(time.Duration(i*60+j) * time.Second)
	case boolean:
		v.truth = (i+j)%7 != 0
	case text:
		return textOf(i, j)
	}
	return v
}

func textOf(i, j int) value {
	switch {
	case j%10 == 7 && i%3 != 0:
		return value{}
	case j%10 == 2:
		return value{kind: text, text: "SN-" + strconv.Itoa(10_000_000+i)}
	}
	return value{kind: text, text: phrases[(i*5+j)%len(phrases)]}
}

func title(j int) string { return "列 " + strconv.Itoa(j+1) }
