package ops

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jetsheet/jetsheet"
)

// MaxRouteTenants is how many tenants one request may ask the routes of; more are asked
// for in pages, and all pages have the same answer, whenever they are asked.
const MaxRouteTenants = 2000

// Routes answers the route of a tenant from one flag document.
type Routes interface {
	Route(tenant string) jetsheet.Route
	Close() error
}

// RoutesRequest asks which system makes which tenants' workbooks in a run: the body of a
// request to conversions.ops.routes. The previous system asks it, in any language, before
// it works; whoever asks first freezes the run, and everybody gets the same answer.
type RoutesRequest struct {
	// Run is a run's id. Instead, Report with Tick or Period names the scheduled run: a
	// tick as in [Service], or the label of a period that has one tick.
	Run    string `json:"run,omitempty"`
	Report string `json:"report,omitempty"`
	Tick   string `json:"tick,omitempty"`
	Period string `json:"period,omitempty"`
	// Tenants are the ids to answer for, at most [MaxRouteTenants]; whole numbers are taken for
	// their digits.
	Tenants jetsheet.TenantIDs `json:"tenants"`
}

// RoutesAnswer says which system makes what.
type RoutesAnswer struct {
	Run jetsheet.RunID `json:"run"`
	// FlagsSHA256 is the digest of the flag document that decides, equal in every answer
	// for the run.
	FlagsSHA256   string         `json:"flagsSha256"`
	FlagsRevision uint64         `json:"flagsRevision,omitempty"`
	Scope         jetsheet.Scope `json:"scope,omitzero"`
	Tenants       []TenantRoute  `json:"tenants"`
	// PlanUnknown says why no tenant has Planned, such as that the run is not planned yet,
	// and when to ask again. The routes hold all the same.
	PlanUnknown *Error `json:"planUnknown,omitempty"`
}

// TenantRoute is the route of one tenant.
type TenantRoute struct {
	Tenant string         `json:"tenant"`
	Route  jetsheet.Route `json:"route"`
	// Previous says whether the previous system is to make the tenant's workbooks.
	Previous bool `json:"previous"`
	// Planned says whether the plan of the run, or of another run of its tick, has a workbook
	// of the tenant; absent while that is not known. Where it is false, jetsheet makes,
	// compares and holds nothing of the tenant's: routed new, neither system makes its workbook.
	Planned *bool `json:"planned,omitempty"`
}

// router answers routes.
type router struct {
	starter *starter
	reader  *Reader
	ticks   Ticks
	compile func(document []byte) (Routes, error)
}

func (r *router) routes(ctx context.Context, req *RoutesRequest) (*RoutesAnswer, error) {
	switch {
	case r.compile == nil:
		return nil, &Error{Text: "this process does not answer routes", Code: CodeUnavailable}
	case len(req.Tenants) == 0:
		return nil, invalid(errors.New(`no tenant is named; write {"tenants": [ID, …]}`))
	case len(req.Tenants) > MaxRouteTenants:
		return nil, invalid(fmt.Errorf("%d tenants are too many for one message; ask for at most %d at a time", len(req.Tenants), MaxRouteTenants))
	}
	frozen, err := r.freeze(ctx, req)
	if err != nil {
		return nil, withoutRoutes(err)
	}
	routes, err := r.compile(frozen.Flags)
	if err != nil {
		return nil, withoutRoutes(fmt.Errorf("flag document of run %s: %w", frozen.Run, err))
	}
	defer func() { _ = routes.Close() }()
	answer := &RoutesAnswer{Run: frozen.Run, FlagsSHA256: frozen.FlagsSHA256, FlagsRevision: frozen.FlagsRevision, Scope: frozen.Scope}
	for _, tenant := range req.Tenants {
		route := routes.Route(tenant)
		answer.Tenants = append(answer.Tenants, TenantRoute{
			Tenant: tenant, Route: route, Previous: route == jetsheet.RouteLegacy || route == jetsheet.RouteShadow,
		})
	}
	r.tellPlanned(ctx, answer)
	return answer, nil
}

// withoutRoutes is the refusal where a run's routes cannot be read or frozen, whatever the
// cause, a report that is not applied yet among them: the one who asks waits. What was asked
// wrongly is told as such.
func withoutRoutes(err error) error {
	refusal := errorOf(err)
	if refusal.Code != CodeInternal && refusal.Code != CodeUnknown {
		return refusal
	}
	return askAgain(refusal)
}

// askAgain is the refusal that has the one who asks wait.
func askAgain(refusal *Error) error {
	next := "make no workbook, and ask again"
	if refusal.Next != "" {
		next = refusal.Next + "; until then " + next
	}
	return &Error{Text: refusal.Text, Next: next, Code: CodeUnavailable}
}

// freeze returns what the run is frozen with; one that is not frozen is frozen now. The
// freezer is asked either way: a record whose freezing was not finished gives no routes.
func (r *router) freeze(ctx context.Context, req *RoutesRequest) (*jetsheet.Frozen, error) {
	if req.Run != "" {
		if req.Report != "" || req.Tick != "" || req.Period != "" {
			return nil, invalid(errors.New("a run says all: leave out report, tick and period"))
		}
		id, err := jetsheet.ParseRunID(req.Run)
		if err != nil {
			return nil, invalid(err)
		}
		run, err := r.reader.Record(ctx, id)
		switch {
		case err == nil:
			return r.starter.freezer.Freeze(ctx, id, run.Frozen.Definition, run.Frozen.Scope)
		case !errors.Is(err, ErrUnknownRun) || id.Rerun > 0:
			return nil, err
		}
		req = &RoutesRequest{Report: id.Report, Tick: id.Tick.Format(time.RFC3339)}
	}
	if req.Report == "" {
		return nil, invalid(errors.New("name a run, or a report with a tick or a period"))
	}
	d, from, err := r.starter.applied(ctx, req.Report)
	if err != nil {
		return nil, askAgain(errorOf(err))
	}
	tick, err := r.ticks.Find(ctx, d, from, req)
	if err != nil {
		return nil, err
	}
	return r.starter.freezer.Freeze(ctx, jetsheet.RunID{Tick: tick, Report: d.Name}, d.Source, jetsheet.Scope{})
}
