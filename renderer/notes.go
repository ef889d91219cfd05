package renderer

import (
	"maps"
	"slices"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// The most that notes hold: they travel with the event and the done record.
const (
	maxUnknownKeys    = 50
	maxMissingColumns = 50
	maxNoteCells      = 5
)

// notes gathers what a person should know of a workbook.
type notes struct {
	unknown map[string]int64
	missing []string
}

func newNotes() *notes { return &notes{unknown: map[string]int64{}} }

// unknownKey counts a jsonb key; beyond the most, keys are counted together.
func (n *notes) unknownKey(key string) {
	if _, known := n.unknown[key]; !known && len(n.unknown) >= maxUnknownKeys {
		key = "…"
	}
	n.unknown[key]++
}

func (n *notes) missingColumn(name string) {
	if len(n.missing) < maxMissingColumns && !slices.Contains(n.missing, name) {
		n.missing = append(n.missing, name)
	}
}

// of joins the writer's substitutions. It is nil when there is nothing to tell.
func (n *notes) of(s xlsx.Substitutions, excelize bool) *jetsheet.Notes {
	out := &jetsheet.Notes{MissingColumns: n.missing, Excelize: excelize}
	if len(n.unknown) > 0 {
		out.UnknownKeys = n.unknown
	}
	for _, kind := range slices.Sorted(maps.Keys(s.Counts)) {
		sub := jetsheet.Substitution{Kind: string(kind), Count: s.Counts[kind]}
		for _, sample := range s.Samples {
			if sample.Kind == kind && len(sub.Cells) < maxNoteCells {
				sub.Cells = append(sub.Cells, place(sample))
			}
		}
		out.Substitutions = append(out.Substitutions, sub)
	}
	if out.Empty() {
		return nil
	}
	return out
}

func place(s xlsx.Substitution) string {
	if s.Cell == "" {
		return s.Sheet
	}
	return s.Sheet + "!" + s.Cell
}
