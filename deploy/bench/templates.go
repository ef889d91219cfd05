package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/ops/templates"
)

// templateName is the template of every third target.
const templateName = "bench"

// templateStore gives producer and renderer the stored templates.
type templateStore struct{ *templates.Store }

// Digest implements [producer.Templates].
func (s templateStore) Digest(ctx context.Context, name string) (string, error) {
	revision, err := s.Get(ctx, name, 0)
	if errors.Is(err, templates.ErrUnknown) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return revision.SHA256, nil
}

// withTemplates is tableReport with a template for one target in three.
func withTemplates(definition string) string {
	const column = " as site_name,"
	return strings.Replace(definition, column, column+" case when substr(id, 6)::bigint % 3 = 0 then '"+templateName+"' end as template,", 1)
}

// putTemplate stores a form.
func (r *rig) putTemplate(ctx context.Context, name string, file []byte) error {
	conn, js, err := r.connect(nil)
	if err != nil {
		return err
	}
	defer conn.Close()
	store, err := templates.Open(ctx, js)
	if err != nil {
		return err
	}
	_, err = store.Put(ctx, templates.Draft{Name: name, By: "bench", At: time.Now().UTC()}, file)
	return err
}

// formColumn is a column of a form: its head, the marker of the row that is repeated, the
// number format of its cells, and the function over them that stands below.
type formColumn struct{ head, marker, format, below string }

func pipelineForm() []formColumn {
	return []formColumn{
		{head: "recorded at", marker: "{{#records}}{{recorded_at}}", format: "yyyy-mm-dd hh:mm:ss"},
		{head: "product", marker: "{{product}}"},
		{head: "temperature", marker: "{{temperature}}"},
		{head: "quantity", marker: "{{quantity}}", below: "SUM"},
		{head: "checked", marker: "{{checked}}"},
		{head: "note", marker: "{{note}}{{/records}}"},
	}
}

// drawForm has a merged title, a head, one row to be repeated and functions below.
func drawForm(columns []formColumn) ([]byte, error) {
	const sheet = "Sheet1"
	f := excelize.NewFile()
	last, err := excelize.CoordinatesToCellName(len(columns), 1)
	err = errors.Join(err, f.SetCellValue(sheet, "A1", "{{site_name}}"), f.MergeCell(sheet, "A1", last))
	for i, column := range columns {
		err = errors.Join(err, column.draw(f, sheet, i+1))
	}
	var file bytes.Buffer
	if err = errors.Join(err, f.Write(&file), f.Close()); err != nil {
		return nil, fmt.Errorf("draw a form: %w", err)
	}
	return file.Bytes(), nil
}

func (c formColumn) draw(f *excelize.File, sheet string, number int) error {
	name, err := excelize.ColumnNumberToName(number)
	if err != nil {
		return err
	}
	err = errors.Join(f.SetCellValue(sheet, name+"3", c.head), f.SetCellValue(sheet, name+"4", c.marker))
	if c.format != "" {
		style, failed := f.NewStyle(&excelize.Style{CustomNumFmt: &c.format})
		err = errors.Join(err, failed, f.SetCellStyle(sheet, name+"4", name+"4", style))
	}
	if c.below != "" {
		err = errors.Join(err, f.SetCellFormula(sheet, name+"5", c.below+"("+name+"4:"+name+"4)"))
	}
	return err
}
