package ops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// DefaultShadowPeriods is how many periods in a row are to pass before a tenant is moved
// from the route shadow to new.
const DefaultShadowPeriods = 3

// ShadowFilter says whose comparisons are looked at.
type ShadowFilter struct {
	// Tenants are their ids; without any there is nothing to say.
	Tenants []string
	// Reports are names; empty means every report of which a run is known.
	Reports []string
	// Periods are how many in a row are wanted; 0 means [DefaultShadowPeriods].
	Periods int
}

// ShadowStanding says how the comparisons of one tenant's workbooks of one report went.
type ShadowStanding struct {
	// Report is empty where no report had a workbook of the tenant.
	Report string `json:"report,omitempty"`
	Tenant string `json:"tenant"`
	// Passed counts the latest periods in a row that passed, up to Wanted.
	Passed int `json:"passed"`
	Wanted int `json:"wanted"`
	// Periods are those that were looked at, newest first; the last one may be what ended
	// the row. Periods in which the tenant had no workbook or no records are left out:
	// they speak for nothing.
	Periods []ShadowPeriod `json:"periods,omitempty"`
	// Missing says why Passed is not Wanted, with the command that shows more; empty
	// where it is.
	Missing string `json:"missing,omitempty"`
}

// Ready says whether as many periods passed as are wanted.
func (s *ShadowStanding) Ready() bool { return s.Passed >= s.Wanted }

// ShadowPeriod is one tick of a report for one tenant. Each target counts once, as the
// newest run of the tick that has it says.
type ShadowPeriod struct {
	Label string `json:"label"`
	// Run is the newest run of the tick that has the tenant, Route its route there.
	Run          jetsheet.RunID `json:"run"`
	Route        jetsheet.Route `json:"route"`
	Equal        int            `json:"equal"`
	Waived       int            `json:"waived"`
	Different    int            `json:"different"`
	Incomparable int            `json:"incomparable"`
	// Skipped had no records, Unfinished are pending or failed.
	Skipped    int `json:"skipped"`
	Unfinished int `json:"unfinished"`
}

// Passed says whether the period speaks for the move: something was compared, and
// everything that was is equal or waived.
func (p *ShadowPeriod) Passed() bool {
	return p.Route == jetsheet.RouteShadow && p.Equal+p.Waived > 0 && p.Different+p.Incomparable+p.Unfinished == 0
}

// silent says whether the period speaks neither for nor against.
func (p *ShadowPeriod) silent() bool {
	return p.Route == jetsheet.RouteShadow && p.Equal+p.Waived+p.Different+p.Incomparable+p.Unfinished == 0
}

func (p *ShadowPeriod) take(done *jetsheet.Done) {
	switch {
	case done == nil:
		p.Unfinished++
	case done.State == jetsheet.DoneSkipped:
		p.Skipped++
	case done.Comparison == nil:
		p.Unfinished++
	case done.Comparison.Result == jetsheet.ResultEqual:
		p.Equal++
	case done.Comparison.Result == jetsheet.ResultWaived:
		p.Waived++
	case done.Comparison.Result == jetsheet.ResultIncomparable:
		p.Incomparable++
	default:
		p.Different++
	}
}

// Shadow says, for each tenant and each report that had workbooks of it, how many of the
// latest periods in a row were compared equal or waived. It is sorted by tenant and
// report. A period that is not finished, differs, could not be compared or had another
// route ends the row. It reads plans and DONE from the newest run back as far as is
// needed, at most to where DONE begins: 400 days.
func (r *Reader) Shadow(ctx context.Context, f ShadowFilter) ([]ShadowStanding, error) {
	wanted := cmp.Or(f.Periods, DefaultShadowPeriods)
	runs, err := r.knownRuns(ctx)
	if err != nil {
		return nil, err
	}
	reports := f.Reports
	if len(reports) == 0 {
		for _, run := range runs {
			reports = append(reports, run.Report)
		}
		slices.Sort(reports)
		reports = slices.Compact(reports)
	}
	var all []ShadowStanding
	for _, report := range reports {
		ofReport := slices.DeleteFunc(slices.Clone(runs), func(id jetsheet.RunID) bool { return id.Report != report })
		s := newShadowSurvey(report, f.Tenants, wanted)
		if err := s.read(ctx, r, ofReport); err != nil {
			return nil, err
		}
		all = append(all, s.standings()...)
	}
	return inOrder(all, f.Tenants, wanted), nil
}

// inOrder sorts the standings and names the tenants that have none.
func inOrder(all []ShadowStanding, tenants []string, wanted int) []ShadowStanding {
	for _, tenant := range tenants {
		if !slices.ContainsFunc(all, func(s ShadowStanding) bool { return s.Tenant == tenant }) {
			all = append(all, ShadowStanding{
				Tenant: tenant, Wanted: wanted,
				Missing: "no run of a report had a workbook of it; look at the ids with: jetsheet workbooks list",
			})
		}
	}
	slices.SortFunc(all, func(a, b ShadowStanding) int {
		return cmp.Or(strings.Compare(a.Tenant, b.Tenant), strings.Compare(a.Report, b.Report))
	})
	return all
}

// shadowSurvey reads the runs of one report.
type shadowSurvey struct {
	report string
	wanted int
	// open are the tenants whose row has not ended; all are those with a standing.
	open map[string]bool
	all  map[string]*ShadowStanding
}

func newShadowSurvey(report string, tenants []string, wanted int) *shadowSurvey {
	s := &shadowSurvey{report: report, wanted: wanted, open: map[string]bool{}, all: map[string]*ShadowStanding{}}
	for _, tenant := range tenants {
		s.open[tenant] = true
	}
	return s
}

// read goes through the runs, newest first, tick by tick.
func (s *shadowSurvey) read(ctx context.Context, r *Reader, runs []jetsheet.RunID) error {
	slices.SortFunc(runs, func(a, b jetsheet.RunID) int { return b.Compare(a) })
	for len(runs) > 0 && len(s.open) > 0 {
		same := slices.IndexFunc(runs, func(id jetsheet.RunID) bool { return !id.Tick.Equal(runs[0].Tick) })
		if same < 0 {
			same = len(runs)
		}
		tick := shadowTick{open: s.open, seen: map[digest]bool{}, periods: map[string]*ShadowPeriod{}}
		for _, id := range runs[:same] {
			if err := tick.read(ctx, r, id); err != nil {
				return err
			}
		}
		s.take(tick.periods)
		runs = runs[same:]
	}
	return nil
}

// take adds a tick to the tenants' rows.
func (s *shadowSurvey) take(periods map[string]*ShadowPeriod) {
	for tenant, p := range periods {
		standing := s.all[tenant]
		if standing == nil {
			standing = &ShadowStanding{Report: s.report, Tenant: tenant, Wanted: s.wanted}
			s.all[tenant] = standing
		}
		if p.silent() {
			continue
		}
		standing.Periods = append(standing.Periods, *p)
		if p.Passed() {
			standing.Passed++
		} else {
			standing.Missing = p.whyNot(tenant)
		}
		if standing.Missing != "" || standing.Ready() {
			delete(s.open, tenant)
		}
	}
}

func (s *shadowSurvey) standings() []ShadowStanding {
	var list []ShadowStanding
	for _, standing := range s.all {
		if !standing.Ready() && standing.Missing == "" {
			standing.Missing = fmt.Sprintf("only %d of %d periods were compared so far", standing.Passed, standing.Wanted)
		}
		list = append(list, *standing)
	}
	return list
}

// whyNot says why a period ends the row, and what shows more.
func (p *ShadowPeriod) whyNot(tenant string) string {
	if p.Route != jetsheet.RouteShadow {
		return fmt.Sprintf("%s: the tenant was routed %s in run %s", p.Label, p.Route, p.Run)
	}
	var parts []string
	for _, part := range []struct {
		count int
		what  string
	}{{p.Different, "different"}, {p.Incomparable, "incomparable"}, {p.Unfinished, "not compared yet, or failed"}} {
		if part.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.count, part.what))
		}
	}
	return fmt.Sprintf("%s: %s; look with: jetsheet workbooks list --run %s --tenant=%s",
		p.Label, strings.Join(parts, ", "), p.Run, jetsheet.ShellQuote(tenant))
}

// shadowTick gathers the runs of one tick, newest first.
type shadowTick struct {
	open    map[string]bool
	seen    map[digest]bool // targets that a newer run has
	periods map[string]*ShadowPeriod
}

// read adds one run: the targets of the tenants that are looked at, with their outcomes.
func (t *shadowTick) read(ctx context.Context, r *Reader, id jetsheet.RunID) error {
	run, err := r.Record(ctx, id)
	if errors.Is(err, ErrUnknownRun) {
		return nil
	}
	if err != nil {
		return err
	}
	if run.Plan == nil { // nothing is known of its targets, so it says nothing yet
		return nil
	}
	targets, err := t.targets(ctx, r, run)
	if err != nil || len(targets) == 0 {
		return err
	}
	return t.outcomes(ctx, r, id, targets)
}

// targets returns the period of each conversion that has to be looked up, by its key.
func (t *shadowTick) targets(ctx context.Context, r *Reader, run *jetsheet.Run) (map[string]*ShadowPeriod, error) {
	plan, err := r.openPlan(ctx, run)
	if err != nil {
		return nil, err
	}
	found := map[string]*ShadowPeriod{}
	for {
		var target jetsheet.Target
		err := plan.read(&target)
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		place := digestOf(jetsheet.Token(target.Tenant) + "/" + jetsheet.Token(target.Target))
		if !t.open[target.Tenant] || t.seen[place] {
			continue
		}
		t.seen[place] = true
		p := t.periods[target.Tenant]
		if p == nil {
			p = &ShadowPeriod{Label: target.Period.Label, Run: run.ID(), Route: target.Route}
			t.periods[target.Tenant] = p
		}
		if target.Route == jetsheet.RouteShadow {
			c := jetsheet.Conversion{Run: run.ID(), Tenant: target.Tenant, Target: target.Target}
			found[c.Address().Key()] = p
		}
	}
}

// fewTenants is up to how many tenants DONE is read by tenant, and not whole.
const fewTenants = 64

func (t *shadowTick) outcomes(ctx context.Context, r *Reader, id jetsheet.RunID, targets map[string]*ShadowPeriod) error {
	subjects := []string{jetsheet.RunDoneSubjects(id)}
	if len(t.open) <= fewTenants {
		subjects = subjects[:0]
		for tenant := range t.open {
			subjects = append(subjects, ofTenant(jetsheet.RunDoneSubjects(id), tenant))
		}
	}
	err := delivery.Scan(ctx, r.js, jetsheet.StreamDone, false, func(m jetstream.Msg) error {
		key := jetsheet.SubjectKey(m.Subject())
		p := targets[key]
		if p == nil {
			return nil
		}
		var done jetsheet.Done
		if err := jetsheet.Decode(m.Data(), &done); err != nil {
			return fmt.Errorf("read %s: %w", m.Subject(), err)
		}
		p.take(&done)
		delete(targets, key)
		return nil
	}, subjects...)
	for _, p := range targets {
		p.take(nil)
	}
	return err
}
