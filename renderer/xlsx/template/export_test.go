package template

// ByExcelize has the template filled through excelize, though it is compiled.
func (t *Template) ByExcelize() {
	t.reasons = append(t.reasons, Reason{Why: "a test asks for it"})
}
