package report

import "slices"

// Missing lists the columns of the targets row that d's statements and texts of sheets use
// and that targets resolved with another definition of the report do not carry, see
// [Resolver.Resolve]. They would be NULL in every workbook made with d, without a word:
// a definition with such columns cannot stand in for the other one.
func (d *Definition) Missing(other *Definition) []string {
	carried := other.kept()
	var missing []string
	for _, column := range d.kept() {
		if !slices.Contains(carried, column) {
			missing = append(missing, column)
		}
	}
	return missing
}

// PlannedOtherwise lists the keys of the definition in which d would plan other targets
// than another definition of the report, or plan them under other names. What was
// planned with the other one keeps what that one said.
func (d *Definition) PlannedOtherwise(other *Definition) []string {
	var keys []string
	for _, part := range []struct {
		key  string
		same bool
	}{
		{"targets", d.Targets.SQL == other.Targets.SQL},
		{"period", d.Period == other.Period && d.ClosingDay == other.ClosingDay},
		{"timeZone", d.TimeZone == other.TimeZone},
		{"locale", d.Locale == other.Locale},
		{"output.key", d.Output.Key.String() == other.Output.Key.String()},
		{"workbook.template", d.Workbook.Template == other.Workbook.Template},
		{"output.filename", d.Output.Filename.String() == other.Output.Filename.String()},
	} {
		if !part.same {
			keys = append(keys, part.key)
		}
	}
	return keys
}
