package forms

import "fmt"

// Facility is the report of one inspection of a building: a page with what was looked at
// and two signatures, and pages of three photos each of what was found.
//
//	fields      site_name, inspected_on, inspector, weather, failed (a number; NULL for none)
//	items       area, item, result, remark
//	signatures  one row: inspector, witness (pictures)
//	photos      a row for each page: photo1 (a picture), place1, taken_at1, finding1, action1, and the same with 2 and 3
func Facility() ([]byte, error) {
	p := newPen()
	p.width("A:L", 8)
	p.put("A1:F3", "施設点検報告書", look{size: 20, bold: true, centre: true})
	p.stamps([3][2]string{{"G", "H"}, {"I", "J"}, {"K", "L"}}, 3)
	p.height(1, 18)
	p.height(2, 24)
	p.height(3, 24)
	p.height(4, 8)
	p.facts()
	p.items()
	p.signatures()
	p.photos()
	p.print("Sheet1!$A$1:$L$42", "portrait", 90)
	return p.finish()
}

var (
	label = look{size: 10, bold: true, centre: true, ruled: true, fill: "E2EFDA"}
	entry = look{size: 10, ruled: true, wrap: true}
)

func (p *pen) facts() {
	p.put("A5:B5", "施設名", label)
	p.put("C5:F5", "{{site_name}}", entry)
	p.put("G5:H5", "点検日", label)
	// A column of the targets is text: the marker says what to make of it.
	p.put("I5:L5", `{{inspected_on | excel:yyyy"年"m"月"d"日"}}`, look{size: 10, centre: true, ruled: true})
	p.put("A6:B6", "点検者", label)
	p.put("C6:F6", "{{inspector}}", entry)
	p.put("G6:H6", "天候", label)
	p.put("I6:L6", "{{weather}}", entry)
	p.put("A7:B7", "総合判定", label)
	p.put("C7:L7", "{{?failed}}要是正（{{failed}} 件）{{/?}}", look{size: 11, bold: true, ruled: true})
	p.put("A8:B8", "総合判定", label)
	p.put("C8:L8", "{{^failed}}適合{{/^}}", look{size: 11, bold: true, ruled: true})
	for row := 5; row <= 8; row++ {
		p.height(row, 22)
	}
	p.height(9, 8)
}

func (p *pen) items() {
	p.put("A10:B10", "区分", label)
	p.put("C10:G10", "点検項目", label)
	p.put("H10", "判定", label)
	p.put("I10:L10", "備考", label)
	p.put("A11:B11", "{{#items}}{{area}}", entry)
	p.put("C11:G11", "{{item}}", entry)
	p.put("H11", "{{result}}", look{size: 12, bold: true, centre: true, ruled: true})
	p.put("I11:L11", "{{remark}}{{/items}}", entry)
	p.put("A12:G12", "否の件数", look{size: 10, centre: true, ruled: true, fill: "F2F2F2"})
	p.put("H12", `=COUNTIF(H11:H11,"×")`, look{size: 10, bold: true, centre: true, ruled: true, fill: "F2F2F2"})
	p.put("I12:L12", "○：適　×：否　－：該当なし", look{size: 9, ruled: true, fill: "F2F2F2"})
	p.red("H11:H11", `H11="×"`)
	p.height(11, 22)
	p.height(12, 20)
	p.height(13, 8)
}

func (p *pen) signatures() {
	p.put("A14:L14", "{{#signatures}}上記のとおり点検を実施したことを報告します。", look{size: 9})
	p.put("A15:B17", "点検者署名", label)
	p.put("C15:F17", "{{image:inspector}}", look{ruled: true, centre: true})
	p.put("G15:H17", "立会者署名", label)
	p.put("I15:L17", "{{image:witness}}", look{ruled: true, centre: true})
	p.put("A18", "{{/signatures}}", look{}) // a row of its own, which goes: the merged cells above belong to the block
	p.height(14, 20)
	for row := 15; row <= 17; row++ {
		p.height(row, 22)
	}
}

// photos draws a page for each three of them. The break lies within the block, so that each
// copy begins a page.
func (p *pen) photos() {
	p.put("A19:L19", "{{#photos}}次ページ：写真", look{size: 9})
	p.pageAt(20)
	p.put("A20:L20", "写真　{{site_name}}", look{size: 11, bold: true, ruled: true, fill: "E2EFDA"})
	p.height(20, 24)
	p.photo(21, 1)
	p.photo(28, 2)
	p.photo(35, 3)
	p.put("A42", "{{/photos}}", look{})
}

// photo draws the nth frame of a page.
func (p *pen) photo(top, n int) {
	const rows = 7
	cells := func(columns string, first, last int) string {
		left, right := corners(columns)
		return fmt.Sprintf("%s%d:%s%d", left, top+first, right, top+last)
	}
	note := look{size: 10, ruled: true, wrap: true, top: true}
	p.put(cells("A:G", 0, rows-1), fmt.Sprintf("{{image:photo%d}}", n), look{ruled: true, centre: true})
	p.put(cells("H:I", 0, 0), "撮影箇所", label)
	p.put(cells("J:L", 0, 0), fmt.Sprintf("{{place%d}}", n), entry)
	p.put(cells("H:I", 1, 2), "状況", label)
	p.put(cells("J:L", 1, 2), fmt.Sprintf("{{finding%d}}", n), note)
	p.put(cells("H:I", 3, 5), "措置", label)
	p.put(cells("J:L", 3, 5), fmt.Sprintf("{{action%d}}", n), note)
	p.put(cells("H:I", 6, 6), "撮影日時", label)
	p.put(cells("J:L", 6, 6), fmt.Sprintf("{{taken_at%d}}", n), look{size: 10, centre: true, ruled: true, code: "yyyy/mm/dd hh:mm"})
	for row := range rows {
		p.height(top+row, 35)
	}
}
