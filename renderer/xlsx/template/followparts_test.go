package template_test

import (
	"errors"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx/picture/picturetest"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// excelize knows neither threads of comments nor charts of newer programs.
func TestPartsOfNewerProgramsFollow(t *testing.T) {
	t.Parallel()
	const relation = `<Relationship Id="rId99" Type="http://schemas.microsoft.com/office/`
	file := draw(t, map[string]any{"A2": "{{#records}}{{n}}{{/records}}", "A3": "end"}, func(f *excelize.File) error {
		return errors.Join(f.AddComment(sheet1, excelize.Comment{Cell: "B3", Author: "x", Text: "note"}),
			f.AddPictureFromBytes(sheet1, "E1", &excelize.Picture{Extension: ".png", File: picturetest.PNG(t, 4, 4)}))
	})
	for _, c := range []struct{ relations, target, part, content, want string }{
		{
			"xl/worksheets/_rels/sheet1.xml.rels", `2017/10/relationships/threadedComment" Target="../threadedComments/threadedComment1.xml"/>`,
			"xl/threadedComments/threadedComment1.xml", `<ThreadedComments><threadedComment ref="B3" id="{A}"/></ThreadedComments>`,
			`<ThreadedComments><threadedComment ref="B5" id="{A}"/></ThreadedComments>`,
		},
		{
			"xl/drawings/_rels/drawing1.xml.rels", `2014/relationships/chartEx" Target="../charts/chartEx1.xml"/>`,
			"xl/charts/chartEx1.xml", `<cx:chartSpace><cx:f>Sheet1!$A$2:$A$3</cx:f></cx:chartSpace>`,
			`<cx:chartSpace><cx:f>Sheet1!$A$2:$A$5</cx:f></cx:chartSpace>`,
		},
	} {
		with := replacePart(t, file, c.relations, replace("</Relationships>", relation+c.target+"</Relationships>"))
		with = replacePart(t, with, c.part, func(string) string { return c.content })
		workbook := filled(t, compile(t, with, template.Options{}), tables(map[string]*template.Table{"records": query("n", "1", "2", "3")}))
		if got := unzipped(t, workbook, c.part); got != c.want {
			t.Errorf("%s is %s, want %s", c.part, got, c.want)
		}
	}
}
