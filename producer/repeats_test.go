package producer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report"
)

// Rows that are one conversion are all told of: NULL and the empty id share one, and so do
// rows with the same bad ids.
func TestEveryRowIsToldOf(t *testing.T) {
	t.Parallel()
	r := setup(t)
	definition := strings.Replace(daily, "select tenant, target, weight, note as name_note from sites order by position",
		`select tenant, target, weight, null as name_note from (values
      (null, 't', '1'), ('', 't', '1'), (null, null, '1'), (null, null, '1'), (null, '', '1'),
      ('ok', null, '1'), ('ok', '', '1'), ('ok', 'z', '1'),
      ('weight', 'w', 'x'), ('weight', 'w', '1'), ('twice', 't', '1'), ('twice', 't', 'x'), ('twice', 't', '1')
    ) as v (tenant, target, weight)`, 1)
	d, err := report.Parse("daily.yaml", []byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	_, err = Targets(t.Context(), r.cfg.Database, d, midnight.Add(-24*time.Hour), t.TempDir(), func(target jetsheet.Target) error {
		message := ""
		if target.Problem != nil {
			message = string(target.Problem.Cause) + ": " + target.Problem.Message
		}
		got[target.Tenant+"/"+target.Target] = message
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	const notNumber = `weight: "x" is not a number; count the expected records, for example count(r.id)`
	want := map[string]string{
		"/t":       "tenant_id_invalid: tenant: the id is NULL; and 1 more row of the same workbook: 1 with tenant: the id is empty",
		"/":        "tenant_id_invalid: tenant: the id is NULL, and target: the id is NULL; and 2 more rows of the same workbook: 1 like this; 1 with tenant: the id is NULL, and target: the id is empty",
		"ok/":      "target_id_invalid: target: the id is NULL; and 1 more row of the same workbook: 1 with target: the id is empty",
		"ok/z":     "",
		"weight/w": "target_invalid: " + notNumber + "; and 1 more row of the same workbook: 1 without another problem",
		"twice/t":  "duplicate_target: the targets query returned tenant and target more than once; make it return one row per workbook; and 2 more rows of the same workbook: 1 with " + notNumber + "; 1 like this",
	}
	for _, id := range slices.Sorted(maps.Keys(want)) {
		if got[id] != want[id] {
			t.Errorf("target %q:\n got %s\nwant %s", id, got[id], want[id])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d targets, want %d: %v", len(got), len(want), got)
	}
}

// Whatever the rows say, the message stays short and its numbers add up.
func TestRepeatsAreBounded(t *testing.T) {
	t.Parallel()
	e := &entry{}
	for i := range 1000 {
		e.repeat(&jetsheet.TargetProblem{Message: fmt.Sprint(i%10, strings.Repeat("x", 5000))})
	}
	first := &jetsheet.TargetProblem{Cause: jetsheet.CauseTargetInvalid, Message: "first"}
	got := e.repeats.tellIn(first).Message
	if len(got) > 6*maxProblemBytes || !strings.HasPrefix(got, "first; and 1000 more rows of the same workbook: 100 with 0x") || !strings.HasSuffix(got, "; 600 with other problems") {
		t.Errorf("%d bytes: %.80s … %s", len(got), got, got[max(0, len(got)-40):])
	}
	if alone := (&entry{}).repeats.tellIn(first); alone != first {
		t.Errorf("a row alone says %+v, want %+v", alone, first)
	}
}
