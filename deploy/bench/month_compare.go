package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// compared says what both systems made alike.
type compared struct {
	rows  int64
	cells []int64 // of each workbook, the smallest first
}

// String tells how many workbooks there are and how large.
func (c compared) String() string {
	var all int64
	for _, n := range c.cells {
		all += n
	}
	of := func(percent int) int64 { return c.cells[(len(c.cells)-1)*percent/100] }
	return fmt.Sprintf("%d workbooks, %d rows, %d cells, all equal in both; cells of a workbook: median %d, 90 %% %d, 99 %% %d, most %d",
		len(c.cells), c.rows, all, of(50), of(90), of(99), of(100))
}

// compareMonths holds that both systems did the same work: the same workbooks, with the
// same cells.
func (r *rig) compareMonths(ctx context.Context, previous, ours *monthCost) (compared, error) {
	r.b.say("comparing %d workbooks", len(previous.books))
	var same compared
	client := r.s3Client(nil)
	for id, theirs := range previous.books {
		mine, ok := ours.books[id]
		if !ok {
			return same, fmt.Errorf("jetsheet did not make the workbook %v", id)
		}
		n, err := compareBooks(ctx, client, theirs.key, mine.key)
		if err != nil {
			return same, fmt.Errorf("workbook %v: %w", id, err)
		}
		same.rows, same.cells = same.rows+mine.rows, append(same.cells, n)
	}
	if len(ours.books) != len(previous.books) || len(same.cells) == 0 {
		return same, fmt.Errorf("jetsheet made %d workbooks, deploy/legacy %d", len(ours.books), len(previous.books))
	}
	slices.Sort(same.cells)
	return same, nil
}

// compareBooks returns how many cells the workbooks of two keys have, all of them equal.
func compareBooks(ctx context.Context, client *s3.Client, theirs, mine string) (n int64, err error) {
	a, err := openBook(ctx, client, theirs)
	if err != nil {
		return 0, err
	}
	b, err := openBook(ctx, client, mine)
	if err != nil {
		return 0, err
	}
	found, err := cells.Diff(a, b, cells.Options{Accept: unescaped})
	if err == nil && !found.Equal() {
		err = fmt.Errorf("%d of %d cells differ, such as %+v", found.Total, found.Cells, found.Differences[0])
	}
	return found.Cells, err
}

// unescaped knows a fault of excelize in what deploy/legacy fills: it writes text that looks
// like an escape, of which the sample has _x0041_, so that Excel shows the character.
func unescaped(d *cells.Difference) bool {
	return d.What == cells.DiffValue && strings.ReplaceAll(d.B, "_x0041_", "A") == d.A
}

func openBook(ctx context.Context, client *s3.Client, key string) (*cells.Book, error) {
	object, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", key, err)
	}
	file, err := io.ReadAll(object.Body)
	if err = errors.Join(err, object.Body.Close()); err != nil {
		return nil, fmt.Errorf("get %s: %w", key, err)
	}
	return cells.Open(bytes.NewReader(file), int64(len(file)), cells.Limits{})
}
