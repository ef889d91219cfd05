package report

import (
	"github.com/jetsheet/jetsheet"
)

// output reads where a workbook goes.
func (s section) output(d *Definition) Output {
	const example = `{key: "{tenant}/{period}/{report}/{target}.xlsx"}`
	if !s.required("output", example) {
		return Output{}
	}
	sub := s.sub("output", "key", "filename", "previous", "waive")
	var out Output
	if sub.required("key", `"{tenant}/{period}/{report}/{target}.xlsx"`) {
		out.Key = sub.pattern("key")
		sub.keyRules("key", d.keyProblems(out.Key, true))
	}
	if sub.has("filename") {
		out.Filename = sub.pattern("filename")
	}
	if sub.has("previous") {
		out.Previous = sub.pattern("previous")
		sub.keyRules("previous", d.keyProblems(out.Previous, false))
	} else if sub.has("waive") {
		sub.problem("waive", "%s needs %s: without the previous system's workbook nothing is compared", sub.child("waive"), sub.child("previous"))
	}
	out.Waive = sub.waivers()
	return out
}

// waivers reads the differences that are accepted.
func (s section) waivers() []jetsheet.Waiver {
	var list []jetsheet.Waiver
	elements, keys := s.list("waive")
	for _, key := range keys {
		sub := elements.sub(key, "what", "sheet", "column", "reason")
		w := jetsheet.Waiver{Sheet: sub.line("sheet", ""), Column: sub.line("column", "")}
		if sub.required("what", string(jetsheet.DifferentFormat)) {
			w.What = word(sub, "what", "", jetsheet.DifferenceKinds()...)
		}
		if sub.required("reason", `"the previous system shows dates as text"`) {
			w.Reason = sub.line("reason", "")
		}
		if w.What != "" && w.Column != "" && !w.What.InColumn() {
			sub.problem("column", "a difference of the kind %q is not of a column; leave %s out", w.What, sub.child("column"))
		}
		list = append(list, w)
	}
	return list
}

func (s section) keyRules(key string, problems []string) {
	for _, p := range problems {
		s.problem(key, "%s %s", s.child(key), p)
	}
}
