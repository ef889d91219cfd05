package renderer

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// All sheets show one state of the database, whatever is written meanwhile.
func TestOneSnapshot(t *testing.T) {
	t.Parallel()
	d := newDatabase(t, `create table accounts (id int primary key, amount int)`, `insert into accounts select i, 100 from generate_series(1, 200) i`)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int)
	go func() {
		n := 0
		for ; ctx.Err() == nil; n++ {
			_, _ = d.admin.Exec(ctx, `update accounts set amount = amount + case when id % 2 = $1 then 7 else -7 end`, n%2)
		}
		ended <- n
	}()
	text := definition(`records: "select id, amount from accounts where @tenant = 'a' order by id"
total: "select sum(amount) as sum from accounts where @tenant = 'a'"`, `sheets: [{name: S, rows: records}, {name: T, rows: total}, {name: U, rows: records}]`)
	for range 40 {
		book, _ := d.workbook(text, request("x"))
		first := grid(t, book, "S")
		sum := 0
		for _, row := range first[1:] {
			var n int
			if _, err := fmt.Sscan(row[1], &n); err != nil {
				t.Fatal(err)
			}
			sum += n
		}
		if sum != 20_000 || grid(t, book, "T")[1][0] != "20000" {
			t.Fatalf("the amounts add up to %d and %s, want 20000", sum, grid(t, book, "T")[1][0])
		}
		same(t, "third sheet", grid(t, book, "U"), first)
	}
	stop()
	if n := <-ended; n < 10 {
		t.Errorf("only %d updates ran meanwhile", n)
	}
}

// More rows than a sheet holds go on in the next, none lost.
func TestRowsOverSeveralSheets(t *testing.T) {
	t.Parallel()
	if testing.Short() { // the race detector's run; go test ./... runs it
		t.Skip("1.2 million rows: run without -short")
	}
	d := newDatabase(t)
	const n = 1_200_000
	book, result := d.workbook(definition(fmt.Sprintf(`records: "select i as n from generate_series(1, %d) i where @tenant = 'a'"`, n), simpleSheet), request("x"))
	if result.Rows != n || result.Sheets != 2 {
		t.Errorf("result %+v, want %d rows in 2 sheets", result, n)
	}
	next := 1
	for _, sheet := range book.Sheets() {
		err := sheet.Rows(func(row int, line []cells.Cell) error {
			if row == 1 {
				return nil
			}
			if got, want := line[0].Text, strconv.Itoa(next); got != want {
				return fmt.Errorf("row %d of sheet %s is %s, want %s", row, sheet.Name, got, want)
			}
			next++
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if next != n+1 {
		t.Errorf("the sheets hold %d rows, want %d", next-1, n)
	}
}
