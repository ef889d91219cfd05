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

// putTemplate stores a form for the records of a site.
func (r *rig) putTemplate(ctx context.Context) error {
	conn, js, err := r.connect(nil)
	if err != nil {
		return err
	}
	defer conn.Close()
	file, err := drawTemplate()
	if err != nil {
		return fmt.Errorf("draw the template: %w", err)
	}
	store, err := templates.Open(ctx, js)
	if err != nil {
		return err
	}
	_, err = store.Put(ctx, templates.Draft{Name: templateName, By: "bench", At: time.Now().UTC()}, file)
	return err
}

// drawTemplate has a merged title, a head, one row to be repeated and a sum below.
func drawTemplate() ([]byte, error) {
	const sheet = "Sheet1"
	f := excelize.NewFile()
	code := "yyyy-mm-dd hh:mm:ss"
	style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
	err = errors.Join(
		f.SetCellValue(sheet, "A1", "{{site_name}}"), f.MergeCell(sheet, "A1", "F1"),
		f.SetSheetRow(sheet, "A3", &[]any{"recorded at", "product", "temperature", "quantity", "checked", "note"}),
		f.SetSheetRow(sheet, "A4", &[]any{"{{#records}}{{recorded_at}}", "{{product}}", "{{temperature}}", "{{quantity}}", "{{checked}}", "{{note}}{{/records}}"}),
		f.SetCellStyle(sheet, "A4", "A4", style), f.SetCellFormula(sheet, "D5", "SUM(D4:D4)"),
		f.Write(&file), f.Close(),
	)
	return file.Bytes(), err
}
