package sample

// field is one question of a form; format is a number's display format.
type field struct{ key, label, input, format string }

// form is what a customer designed for their inspections.
type form struct {
	name, title string
	fields      []field
}

// forms are the customer's: everybody inspects daily, the larger ones have
// another form for what is looked at once a week. No two neighbours ask the same
// questions in the same order.
func (t *tenant) forms() []form {
	all := []form{{"daily", "日次点検", choose(dailyFields(), t.rank)}}
	if t.group >= 3 {
		all = append(all, form{"weekly", "週次設備点検", choose(weeklyFields(), t.rank)})
	}
	return all
}

// choose turns the questions and leaves two of them out.
func choose(fields []field, rank int) []field {
	at := rank % len(fields)
	turned := append(append([]field{}, fields[at:]...), fields[:at]...)
	return turned[:len(turned)-2]
}

func dailyFields() []field {
	return []field{
		{"floor_clean", "床の清掃", "yesno", ""},
		{"drain_clean", "排水溝の清掃", "yesno", ""},
		{"hand_soap", "手洗い石けん・消毒液の補充", "yesno", ""},
		{"fridge_temp", "冷蔵庫の庫内温度", "number", `0.0"℃"`},
		{"chlorine", "残留塩素濃度", "number", `0.00"mg/L"`},
		{"pest", "害虫・害獣の痕跡", "choice", ""},
		{"oil", "フライヤー油の状態", "choice", ""},
		{"checked_at", "点検時刻", "time", ""},
		{"visitors", "来店客数", "number", "#,##0"},
		{"lot", "仕入ロット番号", "text", ""},
		{"waste", "食品廃棄量", "number", `0.0"kg"`},
		{"health", "従業員の健康状態", "yesno", ""},
		{"comment", "特記事項", "text", ""},
	}
}

func weeklyFields() []field {
	return []field{
		{"extinguisher", "消火器の設置・期限", "yesno", ""},
		{"gas_hose", "ガスホースの劣化なし", "yesno", ""},
		{"emergency_light", "非常灯の点灯", "yesno", ""},
		{"duct", "ダクトフィルターの状態", "choice", ""},
		{"water", "水道メーター", "number", `#,##0.0"m³"`},
		{"electricity", "電力量計", "number", `#,##0"kWh"`},
		{"next_due", "次回点検予定日", "date", ""},
		{"serial", "機器の製造番号", "text", ""},
		{"comment", "特記事項", "text", ""},
	}
}

func appendForms(l *lines, t *tenant) {
	for _, f := range t.forms() {
		l.int(t.id)
		l.text(f.name)
		l.text(f.title)
		l.end()
	}
}

func appendFormFields(l *lines, t *tenant) {
	for _, f := range t.forms() {
		for position, q := range f.fields {
			l.int(t.id)
			l.text(f.name)
			l.text(q.key)
			l.text(q.label)
			l.int(int64(position + 1))
			l.text(q.input)
			l.textOrNull(q.format)
			l.end()
		}
	}
}

// appendExcelForm notes which form the customer drew in Excel: of those in Japan one in
// eight a form for buildings, and one in eight one for fridges.
func appendExcelForm(l *lines, t *tenant) {
	drawn := map[int]string{0: "facility-inspection", 1: "refrigerator-weekly"}[t.rank%8]
	if drawn == "" || t.language != "ja" {
		return
	}
	l.int(t.id)
	l.text(drawn)
	l.end()
}
