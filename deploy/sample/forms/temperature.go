package forms

import "fmt"

// Temperature is the weekly sheet of a kitchen's fridges and freezers: a row for each of
// them, two readings a day, and below it what was done where one was off.
//
//	fields     site_name, week_from and week_until (dates), day1 to day7 (texts)
//	devices    device, limit_degree, d1_am, d1_pm to d7_am, d7_pm, note
//	incidents  recorded_at, device, temperature, action, recorded_by
func Temperature() ([]byte, error) {
	p := newPen()
	p.width("A:A", 15)
	p.width("B:B", 9)
	p.width("C:P", 6.2)
	p.width("Q:Q", 12.4)
	p.put("A1:I2", "冷蔵庫・冷凍庫 温度記録表（週間）", look{size: 18, bold: true})
	p.stamps([3][2]string{{"M", "N"}, {"O", "P"}, {"Q", "Q"}}, 3)
	p.height(1, 18)
	p.height(2, 24)
	p.height(3, 20)
	p.put("A3:I3", "店舗：{{site_name}}", look{size: 11})
	p.put("A4:I4", "期間：{{week_from | date}} ～ {{week_until | date}}", look{size: 11})
	p.put("J4:Q4", "測定：朝（開店前）・夕（閉店後）　単位：℃", look{size: 9})
	p.height(4, 20)
	p.temperatureTable()
	p.incidentTable()
	p.put("A13:Q13", "※ 基準を外れたときは、ただちに責任者へ連絡し、食材の状態を確かめて措置を記入すること。", look{size: 9})
	p.print("Sheet1!$A$1:$Q$13", "landscape", 100)
	return p.finish()
}

func (p *pen) temperatureTable() {
	head := look{size: 9, bold: true, centre: true, ruled: true, fill: "DDEBF7", wrap: true}
	cell := look{size: 10, ruled: true}
	degree := look{size: 10, centre: true, ruled: true, code: "0.0"}
	p.put("A5:A6", "機器", head)
	p.put("B5:B6", "基準\n（以下）", head)
	p.put("Q5:Q6", "備考", head)
	p.put("A7", "{{#devices}}{{device}}", cell)
	p.put("B7", "{{limit_degree}}", look{size: 10, centre: true, ruled: true, code: `0"℃"`})
	p.put("A8:B8", "最高", look{size: 9, bold: true, centre: true, ruled: true, fill: "F2F2F2"})
	for day := range 7 {
		morning, evening := column(2+2*day), column(3+2*day)
		p.put(fmt.Sprintf("%s5:%s5", morning, evening), fmt.Sprintf("{{day%d}}", day+1), head)
		p.put(morning+"6", "朝", head)
		p.put(evening+"6", "夕", head)
		p.put(morning+"7", fmt.Sprintf("{{d%d_am}}", day+1), degree)
		p.put(evening+"7", fmt.Sprintf("{{d%d_pm}}", day+1), degree)
		for _, half := range []string{morning, evening} {
			most := look{size: 10, bold: true, centre: true, ruled: true, code: "0.0", fill: "F2F2F2"}
			p.put(half+"8", fmt.Sprintf("=IF(COUNT(%[1]s7:%[1]s7)=0,\"\",MAX(%[1]s7:%[1]s7))", half), most)
		}
	}
	p.put("Q7", "{{note}}{{/devices}}", look{size: 9, ruled: true, wrap: true})
	p.put("Q8", "", look{ruled: true, fill: "F2F2F2"})
	p.red("C7:P7", "AND(ISNUMBER(C7),C7>$B7)")
	p.height(5, 20)
	p.height(7, 24)
	p.height(8, 20)
}

func (p *pen) incidentTable() {
	head := look{size: 9, bold: true, centre: true, ruled: true, fill: "FCE4D6"}
	cell := look{size: 9, ruled: true, wrap: true}
	p.height(9, 10)
	p.put("A10:B10", "日時", head)
	p.put("C10:F10", "機器", head)
	p.put("G10:H10", "温度", head)
	p.put("I10:N10", "措置", head)
	p.put("O10:P10", "記録者", head)
	p.put("Q10", "確認印", head)
	p.put("A11:B11", "{{#incidents}}{{recorded_at}}", look{size: 10, ruled: true, centre: true, code: "m/d hh:mm"})
	p.put("C11:F11", "{{device}}", cell)
	p.put("G11:H11", "{{temperature}}", look{size: 10, centre: true, ruled: true, code: `0.0"℃"`})
	p.put("I11:N11", "{{action}}", cell)
	p.put("O11:P11", "{{recorded_by}}", cell)
	p.put("Q11", "{{/incidents}}", cell)
	p.put("A12:Q12", "{{^incidents}}今週は基準を外れた記録はありません。{{/^}}", look{size: 10, centre: true, ruled: true})
	p.height(11, 26)
	p.height(12, 22)
}

// column is the name of a column, counted from 0; a form has fewer than 26.
func column(n int) string { return string(rune('A' + n)) }
