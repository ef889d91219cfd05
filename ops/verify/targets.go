package verify

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
)

// maxTargets are the targets that differ of which both sides are told.
const maxTargets = 200

// field is one thing that the targets query decides.
type field struct{ name, value string }

// targetFields are what the targets query decides of a target, but for its weight, which
// may be counted anew.
func targetFields(t *jetsheet.Target) []field {
	fields := []field{
		{"key", t.Key}, {"filename", t.Filename}, {"period", periodText(t.Period)}, {"time zone", t.TimeZone}, {"locale", t.Locale},
	}
	for _, name := range slices.Sorted(maps.Keys(t.Values)) {
		fields = append(fields, field{"column " + name, t.Values[name]})
	}
	return fields
}

// checkTargets runs the targets query again and compares what it gives with the plan:
// a target that the plan lacks has no workbook and nobody would miss it.
func (v *verifier) checkTargets(ctx context.Context) error {
	differing := map[digest]*jetsheet.Target{}
	err := v.readTargets(ctx, func(t *jetsheet.Target) {
		key := v.keyOf(t)
		p, ok := v.planned[key]
		switch {
		case !ok:
			v.targetDiffers(t, "target", "not in the plan", "a workbook with the key "+t.Key)
			return
		case !p.problem && p.fingerprint != fingerprint(t) && len(differing) < maxTargets:
			differing[key] = t
		}
		p.seen = true
		v.planned[key] = p
	})
	var statement *query.StatementError
	var columns *report.ColumnError
	switch {
	case errors.As(err, &statement) && statement.Kind == query.Unavailable:
		return &UnavailableError{err}
	case errors.As(err, &statement) && statement.Kind != query.Interrupted, errors.As(err, &columns):
		v.findings.problem(Problem{Kind: KindNotComparable, What: "targets query", Got: err.Error(), Want: "the targets to compare with"})
		return nil
	case err != nil:
		return err
	}
	return v.eachTarget(ctx, func(t *jetsheet.Target) error {
		key := v.keyOf(t)
		if p := v.planned[key]; !p.seen && !p.problem {
			v.targetDiffers(t, "target", "in the plan", "nothing: the targets query does not return it")
		}
		if now := differing[key]; now != nil {
			v.targetDiffer(t, now)
		}
		return nil
	})
}

// targetDiffer tells the fields in which a target differs.
func (v *verifier) targetDiffer(plan, now *jetsheet.Target) {
	got := map[string]string{}
	for _, f := range targetFields(plan) {
		got[f.name] = f.value
	}
	for _, f := range targetFields(now) {
		if got[f.name] != f.value {
			v.targetDiffers(plan, f.name, got[f.name], f.value)
		}
	}
}

func (v *verifier) targetDiffers(t *jetsheet.Target, what, got, want string) {
	v.findings.problem(Problem{
		Kind: KindTargetDiffers, Conversion: v.conversion(t).String(), Tenant: t.Tenant, Target: t.Target, What: what, Got: got, Want: want,
		Hint: "the data may have been changed after " + v.run.Plan.Snapshot.At.UTC().Format("2006-01-02T15:04:05Z"),
	})
}

// readTargets calls each for every target that the targets query gives and that lies in
// the run's scope. A row that cannot become a target is left out: the plan has it as a
// problem.
func (v *verifier) readTargets(ctx context.Context, each func(*jetsheet.Target)) error {
	d, tick := v.definition, v.run.ID().Tick
	zone, err := report.LoadZone(d.TimeZone)
	if err != nil {
		return fmt.Errorf("read the definition of run %s: %w", v.run.ID(), err)
	}
	scope := query.Scope{Zone: zone, Params: map[string]query.Param{}, StatementLimit: d.Limits.Statement}
	for name, value := range d.TargetsArguments(tick) {
		scope.Params[name] = query.Param{Text: *value}
	}
	targets := []query.Query{{Name: "targets", Statement: d.Targets, Text: true}}
	_, err = v.cfg.Database.Read(ctx, scope, targets, func(_ int, rows *query.Rows) error {
		names := []string{}
		for _, column := range rows.Columns() {
			names = append(names, column.Name)
		}
		resolver, err := d.NewResolver(tick, names)
		if err != nil {
			return err
		}
		row := make([]report.Value, len(names))
		for rows.Next() {
			for i, value := range rows.Values() {
				row[i] = report.Value{Text: value.Text(), Null: value.IsNull()}
			}
			t, err := resolver.Resolve(row)
			if err != nil || !v.run.Frozen.Scope.Matches(t.Tenant, t.Target) || v.options.Tenant != "" && v.options.Tenant != t.Tenant {
				continue
			}
			each(&t)
		}
		return rows.Err()
	})
	return err
}
