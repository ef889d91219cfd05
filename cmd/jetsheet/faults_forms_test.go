package main

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// formsKind fills a customer's own form, with pictures of a bucket, and compares what it
// makes for the second tenant with the previous system's workbooks.
func formsKind(t *testing.T) faultKind {
	t.Helper()
	var keys []string
	for _, site := range []string{"s1", "s2"} {
		keys = append(keys, "t1/2026-10/{report}/"+site+".xlsx")
	}
	return faultKind{
		name: "forms", schema: readTestdata(t, "faults", "forms.sql"), report: readTestdata(t, "faults", "forms.yaml"),
		workers: 3, share: faultShare{workers: 1},
		flags:   map[string][]string{"renderer": pictureFlags},
		furnish: furnishForms,
		scenarios: []*faultScenario{{
			name: "forms, compared and published", begin: byCalendarWithoutPrevious, midway: previousComes,
			want: jetsheet.Counts{Expected: 4, Done: 4}, equal: 2, keys: keys,
		}},
	}
}

// pictureFlags say where pictures are.
var pictureFlags = []string{"--renderer-pictures-bucket=exports", "--renderer-pictures-prefix=pictures/{tenant}/"}

// lateWorkbook is the one that the previous system makes when the others are compared.
const lateWorkbook = "previous/t2/2026-10/s2.xlsx"

// furnishForms stores the form, the pictures and the routes. What the previous system
// makes is what the form gives.
func furnishForms(w *faultWorld) {
	f := excelize.NewFile()
	if err := f.SetSheetRow("Sheet1", "A1", &[]any{"{{#records}}{{n}}", "{{note}}", "{{picture | imageKey:40x30}}{{/records}}"}); err != nil {
		w.t.Fatal(err)
	}
	dir := w.t.TempDir()
	form, report := filepath.Join(dir, "form.xlsx"), filepath.Join(dir, "forms.yaml")
	writeFile(w.t, form, string(written(w.t, f)))
	writeFile(w.t, report, strings.NewReplacer("{NAME}", "forms", "{CRON}", "0 5 1 * *").Replace(w.kind.report))
	w.run(exitDone, "templates", "put", "form", form)
	w.run(exitDone, "flags", "tenant", "t2", string(jetsheet.RouteShadow), "--reason", "test")
	for i, key := range []string{"0.png", "1.png"} {
		for _, tenant := range []string{"t1", "t2"} {
			if err := w.put(w.t.Context(), "pictures/"+tenant+"/"+key, onePixel(w.t, color.Gray{Y: uint8(i)})); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	for _, site := range []string{"s1", "s2"} {
		made := filepath.Join(dir, site+".xlsx")
		w.run(exitDone, append([]string{
			"templates", "preview", "form", "--report", report, "--tenant", "t2", "--target", site, "--tick", "2026-11-01T05:00:00Z", "-o", made,
		}, pictureFlags...)...)
		content, err := os.ReadFile(made)
		if err == nil {
			err = w.put(w.t.Context(), "previous/t2/2026-10/"+site+".xlsx", content)
		}
		if err != nil {
			w.t.Fatal(err)
		}
		w.late = content
	}
}

// put stores an object as another program than jetsheet would.
func (w *faultWorld) put(ctx context.Context, key string, content []byte) error {
	_, err := w.installation.s3.Client().PutObject(ctx, &s3.PutObjectInput{Bucket: &w.bucket, Key: &key, Body: bytes.NewReader(content)})
	return err
}

func onePixel(t *testing.T, c color.Color) []byte {
	t.Helper()
	picture := image.NewRGBA(image.Rect(0, 0, 1, 1))
	picture.Set(0, 0, c)
	var file bytes.Buffer
	if err := png.Encode(&file, picture); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// byCalendarWithoutPrevious is a run by the calendar before the previous system has made
// its last workbook.
func byCalendarWithoutPrevious(ctx context.Context, w *faultWorld) (jetsheet.RunID, error) {
	if _, err := w.installation.s3.Client().DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &w.bucket, Key: new(lateWorkbook)}); err != nil {
		return jetsheet.RunID{}, err
	}
	return byCalendar(ctx, w)
}

// previousComes has the previous system make its last workbook when all else is done.
func previousComes(ctx context.Context, w *faultWorld, id jetsheet.RunID) error {
	err := w.until(ctx, "all done but what is compared with a workbook that is late", func() (bool, error) {
		n, err := delivery.Count(ctx, w.js, jetsheet.StreamDone, jetsheet.RunDoneSubjects(id))
		return n == 3, err
	})
	return errors.Join(err, w.put(ctx, lateWorkbook, w.late))
}
