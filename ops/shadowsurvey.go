package ops

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jetsheet/jetsheet"
)

// shadowSurvey reads the runs of one report.
type shadowSurvey struct {
	report string
	wanted int
	// withoutRecords has periods count in which nothing was found.
	withoutRecords bool
	// open are the tenants whose row has not ended; all are those with a standing.
	open map[string]bool
	all  map[string]*ShadowStanding
	// lost says of the newest run that cannot be read why, and what helps: who has older
	// workbooks may have one in it.
	lost string
}

func newShadowSurvey(report string, f *ShadowFilter) *shadowSurvey {
	s := &shadowSurvey{
		report: report, wanted: f.Periods, withoutRecords: f.WithoutRecords, open: map[string]bool{}, all: map[string]*ShadowStanding{},
	}
	for _, tenant := range f.Tenants {
		s.open[tenant] = true
	}
	return s
}

// read goes through the runs, newest first, tick by tick.
func (s *shadowSurvey) read(ctx context.Context, r *Reader, runs []jetsheet.RunID) error {
	back := lookBack{periods: 2 * s.wanted}
	for len(runs) > 0 && len(s.open) > 0 && !back.over(runs[0].Tick) {
		same := slices.IndexFunc(runs, func(id jetsheet.RunID) bool { return !id.Tick.Equal(runs[0].Tick) })
		if same < 0 {
			same = len(runs)
		}
		tick := shadowTick{open: s.open, back: &back, seen: map[digest]bool{}, periods: map[string]*ShadowPeriod{}}
		for _, id := range runs[:same] {
			tick.read(ctx, r, id)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		s.take(&tick)
		runs = runs[same:]
	}
	return nil
}

// take adds a tick to the tenants' rows.
func (s *shadowSurvey) take(tick *shadowTick) {
	s.lost = cmp.Or(s.lost, tick.lost)
	for tenant, p := range tick.periods {
		standing := s.all[tenant]
		if standing == nil {
			standing = &ShadowStanding{Report: s.report, Tenant: tenant, Wanted: s.wanted}
			s.all[tenant] = standing
		}
		if s.lost == "" {
			standing.add(p, s.withoutRecords)
		}
	}
	for tenant := range s.open {
		if standing := s.all[tenant]; standing != nil {
			standing.Missing = cmp.Or(standing.Missing, s.lost)
			if standing.Missing != "" || standing.Ready() {
				delete(s.open, tenant)
			}
		}
	}
}

// add is one period more of the row, or its end, unless the period speaks for nothing.
func (s *ShadowStanding) add(p *ShadowPeriod, withoutRecords bool) {
	if p.silent() {
		s.WithoutRecords++
		if !withoutRecords {
			return
		}
	}
	s.Periods = append(s.Periods, *p)
	if p.Passed() || p.silent() {
		s.Passed++
	} else {
		s.Missing = p.whyNot(s.Tenant)
	}
}

func (s *shadowSurvey) standings() []ShadowStanding {
	var list []ShadowStanding
	for _, standing := range s.all {
		if !standing.Ready() && standing.Missing == "" {
			standing.Missing = standing.tooFew()
		}
		list = append(list, *standing)
	}
	return list
}

// tooFew says that nothing is in the way but time, and whether it will be.
func (s *ShadowStanding) tooFew() string {
	text := fmt.Sprintf("only %d of %d periods were compared so far", s.Passed, s.Wanted)
	if s.WithoutRecords > 0 {
		text += fmt.Sprintf(", in %d jetsheet found no records; where the previous system made no workbook either, they count with: --without-records", s.WithoutRecords)
	}
	return text
}
