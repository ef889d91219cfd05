package report

// output reads where a workbook goes.
func (s section) output(d *Definition) Output {
	const example = `{key: "{tenant}/{period}/{report}/{target}.xlsx"}`
	if !s.required("output", example) {
		return Output{}
	}
	sub := s.r.section(s.values["output"], s.child("output"), s.place("output"), "key", "filename", "previous")
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
	}
	return out
}

func (s section) keyRules(key string, problems []string) {
	for _, p := range problems {
		s.problem(key, "%s %s", s.child(key), p)
	}
}
