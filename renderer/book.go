package renderer

import (
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// bookOf is what the workbook says of itself. It is the same in every re-run of a run: the
// bytes tell the records, and the object's metadata which run made it.
func bookOf(s Source, texts *report.Texts) xlsx.Book {
	properties, r := &s.Definition.Workbook.Properties, s.Request
	return xlsx.Book{
		Title:       texts.Text(properties.Title, nil),
		Creator:     texts.Text(properties.Creator, nil),
		Subject:     texts.Text(properties.Subject, nil),
		Keywords:    texts.Text(properties.Keywords, nil),
		Description: texts.Text(properties.Description, nil),
		Created:     r.Run.Tick,
		Identifier: strings.Join([]string{
			r.Run.Report, r.Run.Tick.UTC().Format(time.RFC3339), jetsheet.Token(r.Tenant), jetsheet.Token(r.Target.Target),
		}, "/"),
	}
}
