package forms

// Facility is the report of one inspection of a building: what was looked at, photos of
// what was found, and two signatures.
//
//	fields      site_name, inspected_on, inspector, weather, failed (a number; NULL for none)
//	items       area, item, result, remark
//	photos      photo (a picture), place, taken_at, finding, action
//	signatures  one row: inspector, witness (pictures)
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
	p.photos()
	p.signatures()
	p.print("Sheet1!$A$1:$L$29", "portrait")
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

func (p *pen) photos() {
	p.put("A14:L14", "写真", look{size: 11, bold: true, ruled: true, fill: "E2EFDA"})
	p.put("A15:F21", "{{#photos}}{{image:photo}}", look{ruled: true, centre: true})
	p.put("G15:H15", "撮影箇所", label)
	p.put("I15:L15", "{{place}}", entry)
	p.put("G16:H16", "撮影日時", label)
	p.put("I16:L16", "{{taken_at}}", look{size: 10, centre: true, ruled: true, code: "yyyy/mm/dd hh:mm"})
	p.put("G17:H18", "状況", label)
	p.put("I17:L18", "{{finding}}", look{size: 10, ruled: true, wrap: true, top: true})
	p.put("G19:H21", "措置", label)
	p.put("I19:L21", "{{action}}", look{size: 10, ruled: true, wrap: true, top: true})
	for row := 15; row <= 21; row++ {
		p.height(row, 22)
	}
	p.put("A22", "{{/photos}}", look{}) // a row of its own: the merged cells above belong to the block
	p.height(23, 8)
}

func (p *pen) signatures() {
	p.put("A24:B26", "{{#signatures}}点検者署名", label)
	p.put("C24:F26", "{{image:inspector}}", look{ruled: true, centre: true})
	p.put("G24:H26", "立会者署名", label)
	p.put("I24:L26", "{{image:witness}}", look{ruled: true, centre: true})
	p.put("A27", "{{/signatures}}", look{})
	for row := 24; row <= 26; row++ {
		p.height(row, 20)
	}
	p.height(28, 8)
	p.put("A29:L29", "上記のとおり点検を実施したことを報告します。", look{size: 9})
}
