package ops

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jetsheet/jetsheet"
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
	// WithoutRecords has periods count in which there were no records, and so nothing was
	// compared: somebody has seen that the previous system made no workbook either.
	WithoutRecords bool
}

// ShadowStanding says how the comparisons of one tenant's workbooks of one report went.
type ShadowStanding struct {
	// Report is empty where no report had a workbook of the tenant.
	Report string `json:"report,omitempty"`
	Tenant string `json:"tenant"`
	// Passed counts the latest periods in a row that passed, up to Wanted.
	Passed int `json:"passed"`
	Wanted int `json:"wanted"`
	// WithoutRecords are the periods in which jetsheet found no records; they are among
	// Passed only where [ShadowFilter] has them count.
	WithoutRecords int `json:"withoutRecords,omitempty"`
	// Periods are those that were looked at, newest first; the last one may be what ended
	// the row. Periods that do not count because the tenant had no workbook or no records
	// are left out: they speak for nothing.
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

// Shadow says, for each tenant and each report that had workbooks of it, how many of the
// latest periods in a row were compared equal or waived. It is sorted by tenant and
// report. A period that is not finished, differs, could not be compared or had another
// route ends the row, as does a run that cannot be read. It reads plans and DONE of applied
// reports from the newest run back as far as is needed, at most twice as many periods as
// are wanted, or 35 days.
func (r *Reader) Shadow(ctx context.Context, f ShadowFilter) ([]ShadowStanding, error) {
	f.Periods = cmp.Or(f.Periods, DefaultShadowPeriods)
	reports, err := r.runsOfApplied(ctx)
	if err != nil {
		return nil, err
	}
	var all []ShadowStanding
	for report, runs := range reports {
		if len(f.Reports) > 0 && !slices.Contains(f.Reports, report) {
			continue
		}
		s := newShadowSurvey(report, &f)
		if err := s.read(ctx, r, runs); err != nil {
			return nil, err
		}
		all = append(all, s.standings()...)
	}
	return inOrder(all, f.Tenants, f.Periods), nil
}

// inOrder sorts the standings and names the tenants that have none.
func inOrder(all []ShadowStanding, tenants []string, wanted int) []ShadowStanding {
	for _, tenant := range tenants {
		if !slices.ContainsFunc(all, func(s ShadowStanding) bool { return s.Tenant == tenant }) {
			all = append(all, ShadowStanding{
				Tenant: tenant, Wanted: wanted,
				Missing: "no recent run of an applied report had a workbook of it; look at the ids with: jetsheet workbooks list",
			})
		}
	}
	slices.SortFunc(all, func(a, b ShadowStanding) int {
		return cmp.Or(strings.Compare(a.Tenant, b.Tenant), strings.Compare(a.Report, b.Report))
	})
	return all
}
