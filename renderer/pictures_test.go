package renderer

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/picture/picturetest"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// files are pictures by tenant and key; asked counts what was asked for.
type files struct {
	pictures map[string][]byte
	asked    map[string]int
	err      error
}

func (f *files) Picture(_ context.Context, tenant, key string) ([]byte, error) {
	f.asked[key]++
	if f.err != nil {
		return nil, f.err
	}
	file, ok := f.pictures[tenant+"/"+key]
	if !ok {
		return nil, ErrNoPicture
	}
	return file, nil
}

// pictureOver is the file of the picture over a cell; nil without one.
func pictureOver(t *testing.T, workbook []byte, sheet, cell string) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(workbook))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	found, err := f.GetPictures(sheet, cell)
	if err != nil || len(found) > 1 {
		t.Fatalf("%d pictures over %s, %v", len(found), cell, err)
	}
	if len(found) == 0 {
		return nil
	}
	return found[0].File
}

func counts(n *jetsheet.Notes) map[string]int64 {
	found := map[string]int64{}
	if n != nil {
		for _, s := range n.Substitutions {
			found[s.Kind] = s.Count
		}
	}
	return found
}

func TestPicturesOfTheRow(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	png, gif := picturetest.PNG(t, 20, 10), picturetest.GIF(t, 10, 20)
	d.exec(`create table photos (id int, tenant_id text, photo bytea, stamp text, other jsonb)`)
	d.exec(`insert into photos values (1, 'a', $1, $2, jsonb_build_object('sign', $2::text)), (2, 'a', '', '', '{}'), (3, 'a', null, null, null), (4, 'a', $3, 'https://example.com/a.png', null)`,
		png, base64.StdEncoding.EncodeToString(gif), png[:20])
	text := definition(`records: select id, photo, stamp, other, photo as raw from photos where tenant_id = @tenant order by id`,
		`sheets: [{name: S, rows: records, columns: [{name: id}, {name: photo, format: image}, {name: stamp, format: "image:40x40"}, {name: sign, format: image}, {name: raw}]}]`)
	data, result, err := d.render(text, request("x"))
	if err != nil {
		t.Fatal(err)
	}
	for cell, want := range map[string][]byte{"B2": png, "C2": gif, "D2": gif, "E2": nil, "B3": nil, "C3": nil, "B4": nil, "B5": nil, "C5": nil} {
		if got := pictureOver(t, data, "S", cell); !bytes.Equal(got, want) {
			t.Errorf("over %s: a picture of %d bytes, want %d", cell, len(got), len(want))
		}
	}
	rows := grid(t, open(t, data), "S")
	if rows[1][4] == "" || !strings.HasPrefix(rows[1][4], `\x89504e47`) {
		t.Errorf("bytes in a column without a format: %q", rows[1][4])
	}
	same(t, "cells of what cannot be shown", rows[4][1:3], []string{"（画像として表示できません）", "（画像として表示できません）"})
	same(t, "substitutions", counts(result.Notes), map[string]int64{string(xlsx.PictureUnreadable): 2})
}

func TestPicturesByKey(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	png, jpeg := picturetest.PNG(t, 20, 10), picturetest.JPEG(t, 10, 20)
	source := &files{asked: map[string]int{}, pictures: map[string][]byte{"a/1.png": png, "a/2.jpg": jpeg, "b/3.png": png}}
	text := definition(
		`records: select * from (values (1, '1.png'), (2, '2.jpg'), (3, '1.png'), (4, '3.png'), (5, null), (6, ''), (7, '3.png')) r (id, key) where @tenant = 'a' order by id`,
		`sheets: [{name: S, rows: records, columns: [{name: id}, {name: key, format: "imageKey:60x40"}, {name: key, format: text}]}]`)
	var b bytes.Buffer
	result, err := Render(t.Context(), Source{Database: d.db, Definition: parse(t, text), Request: request("x"), Pictures: source}, &b)
	if err != nil {
		t.Fatal(err)
	}
	for cell, want := range map[string][]byte{"B2": png, "B3": jpeg, "B4": png, "B5": nil, "B6": nil, "B7": nil, "B8": nil} {
		if got := pictureOver(t, b.Bytes(), "S", cell); !bytes.Equal(got, want) {
			t.Errorf("over %s: a picture of %d bytes, want %d", cell, len(got), len(want))
		}
	}
	rows := grid(t, open(t, b.Bytes()), "S")
	same(t, "a missing picture", rows[4][1:], []string{"（画像が見つかりません）", "3.png"})
	same(t, "substitutions", counts(result.Notes), map[string]int64{string(xlsx.PictureMissing): 2})
	same(t, "what was asked for", source.asked, map[string]int{"1.png": 1, "2.jpg": 1, "3.png": 1})
}

// In a form a marker's format does what a column's does.
func TestPicturesByKeyInAForm(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	png := picturetest.PNG(t, 20, 10)
	text := definition(`records: select * from (values (1, '1.png'), (2, null), (3, 'gone'), (4, '1.png')) r (id, key) where @tenant = 'a' order by id`, "template: form")
	compiled, err := template.Compile(drawn(t, []string{"{{#records}}{{id}}", "{{key | imageKey}}", "{{key}}{{/records}}"}), template.Options{})
	if err != nil {
		t.Fatal(err)
	}
	render := func(p Pictures) ([]byte, *Result, error) {
		var b bytes.Buffer
		r := request("x")
		r.Template = "form"
		result, err := Render(t.Context(), Source{Database: d.db, Definition: parse(t, text), Request: r, Template: compiled, Pictures: p}, &b)
		return b.Bytes(), result, err
	}
	source := &files{asked: map[string]int{}, pictures: map[string][]byte{"a/1.png": png}}
	workbook, result, err := render(source)
	if err != nil {
		t.Fatal(err)
	}
	for cell, want := range map[string][]byte{"B1": png, "B2": nil, "B3": nil, "B4": png} {
		if got := pictureOver(t, workbook, "Form", cell); !bytes.Equal(got, want) {
			t.Errorf("over %s: a picture of %d bytes, want %d", cell, len(got), len(want))
		}
	}
	same(t, "cells", shortened(grid(t, open(t, workbook), "Form")), [][]string{{"1", "", "1.png"}, {"2"}, {"3", "(the picture is missing)", "gone"}, {"4", "", "1.png"}})
	same(t, "substitutions", counts(result.Notes), map[string]int64{string(xlsx.PictureMissing): 1})
	same(t, "what was asked for", source.asked, map[string]int{"1.png": 1, "gone": 1})
	var class *delivery.Error
	if _, _, err := render(&files{asked: map[string]int{}, err: delivery.Unavailable("S3 bucket photos", errors.New("no route"))}); !errors.As(err, &class) || class.Class != jetsheet.ClassUnavailable {
		t.Errorf("S3 away: got %v, want an error that waits for it", err)
	}
	if _, _, err := render(nil); !errors.As(err, new(*WorkbookError)) || !strings.Contains(err.Error(), "renderer-pictures-bucket") {
		t.Errorf("no bucket set: got %v, want an error that names the setting", err)
	}
}

// A bucket that does not answer is waited for; one that is not set is a mistake.
func TestPicturesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	text := definition(`records: select 'a.png' as key where @tenant = 'a'`,
		`sheets: [{name: S, rows: records, columns: [{name: key, format: imageKey}]}]`)
	render := func(p Pictures) error {
		_, err := Render(t.Context(), Source{Database: d.db, Definition: parse(t, text), Request: request("x"), Pictures: p}, &bytes.Buffer{})
		return err
	}
	err := render(&files{asked: map[string]int{}, err: delivery.Unavailable("S3 bucket photos", errors.New("no route"))})
	var class *delivery.Error
	if !errors.As(err, &class) || errors.As(err, new(*query.StatementError)) || class.Class != jetsheet.ClassUnavailable || class.Waiting != "S3 bucket photos" {
		t.Errorf("S3 away: got %v, want an error that waits for it", err)
	}
	var workbook *WorkbookError
	if err := render(nil); !errors.As(err, &workbook) || !strings.Contains(err.Error(), "renderer-pictures-bucket") {
		t.Errorf("no bucket set: got %v, want an error that names the setting", err)
	}
}

func TestObjectKey(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ prefix, tenant, key, want string }{
		{"", "a", "photo.png", "photo.png"},
		{"photos/", "a", "2026/10/写真 1.png", "photos/2026/10/写真 1.png"},
		{"photos/{tenant}/", "7001", "1.png", "photos/7001/1.png"},
		{"photos/", "a/b", "1.png", "photos/1.png"},
		{"", "a", "", ""},
		{"photos/", "a", "", ""},
		{"photos/{tenant}/", "a", "../b/1.png", ""},
		{"photos/{tenant}/", "..", "1.png", ""},
		{"photos/{tenant}/", "a/b", "1.png", ""},
		{"photos/{tenant}/", "", "1.png", ""},
		{"photos/", "a", "/1.png", ""},
		{"photos/", "a", "a//1.png", ""},
		{"", "a", "./1.png", ""},
		{"", "a", "https://example.com/1.png", ""},
		{"", "a", "1\n.png", ""},
		{"", "a", "\xff.png", ""},
		{"", "a", strings.Repeat("a", 1025), ""},
	} {
		got, ok := PictureSettings{Prefix: test.prefix}.ObjectKey(test.tenant, test.key)
		if got != test.want || ok != (test.want != "") {
			t.Errorf("key %q of tenant %q under %q: got %q, %v, want %q", test.key, test.tenant, test.prefix, got, ok, test.want)
		}
	}
}

func TestParseFormatKnowsKeys(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{
		"imageKey": "", "imageKey:80x60": "", "image": "", "": "", "decimal:1": "",
		"imageKey:80": "imageKey:80", "imageKeys": "imageKey:WIDTHxHEIGHT", "nothing": "imageKey:WIDTHxHEIGHT",
	} {
		_, err := ParseFormat(format, "ja")
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("format %q: got %v, want an error with %q", format, err, want)
		}
	}
}
