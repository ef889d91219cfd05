package ops

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/internal/report"
)

// StartRequest asks for a run: the body of a request to conversions.ops.start.
type StartRequest struct {
	Report string `json:"report"`
	// Tick is an instant of the report's calendar; see [Service] for its forms. Empty
	// means the newest one that has come, and for a report without a schedule now, or,
	// to make a run again, the tick of its newest run.
	Tick string `json:"tick,omitempty"`
	// Tenant and Target narrow a run that is made again.
	Tenant string `json:"tenant,omitempty"`
	Target string `json:"target,omitempty"`
	// Again makes the workbooks of a tick that has a run once more.
	Again bool `json:"again,omitempty"`
	// Unplanned says that Tenant or Target may have come since: without it, one that none
	// of the tick's runs has planned is refused.
	Unplanned bool `json:"unplanned,omitempty"`
	// DryRun answers what would happen and does nothing.
	DryRun bool `json:"dryRun,omitempty"`
	// By says who asks, for the log.
	By string `json:"by,omitempty"`
}

func (r *StartRequest) scope() jetsheet.Scope {
	return jetsheet.Scope{Tenant: r.Tenant, Target: r.Target}
}

// StartAnswer is what was started.
type StartAnswer struct {
	Run    jetsheet.RunID `json:"run"`
	Report string         `json:"report"`
	Tick   time.Time      `json:"tick"`
	Rerun  int64          `json:"rerun"`
	Scope  jetsheet.Scope `json:"scope,omitzero"`
	// Period is the report's at that tick; single rows may have another one.
	Period jetsheet.Period `json:"period"`
	DryRun bool            `json:"dryRun,omitempty"`
	// Next follows the run.
	Next string `json:"next"`
}

// starter freezes runs for people.
type starter struct {
	reader  *Reader
	reports jetstream.KeyValue
	freezer Freezer
	parse   func(file string, data []byte) (*report.Definition, error)
	now     func() time.Time
	log     *slog.Logger
}

// start freezes the run that is asked for. A producer sees the record and goes on.
func (s *starter) start(ctx context.Context, req *StartRequest) (*StartAnswer, error) {
	if req.Target != "" && req.Tenant == "" {
		return nil, invalid(errors.New("a target is only known with its tenant: name the tenant too"))
	}
	d, err := s.definition(ctx, req.Report)
	if err != nil {
		return nil, err
	}
	ids, err := s.runsOf(ctx, d.Name)
	if err != nil {
		return nil, err
	}
	tick, err := s.tick(d, req, ids)
	if err != nil {
		return nil, err
	}
	id, scope, err := s.next(ctx, req, jetsheet.RunID{Tick: tick, Report: d.Name}, ids)
	if err != nil {
		return nil, err
	}
	zone, err := report.LoadZone(d.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("report %s: %w", d.Name, err)
	}
	answer := &StartAnswer{
		Run: id, Report: id.Report, Tick: id.Tick, Rerun: id.Rerun, Scope: scope,
		Period: d.PeriodAt(tick, zone), DryRun: req.DryRun, Next: jetsheet.StartFirst(id, scope),
	}
	if id.Rerun > 0 {
		answer.Next = jetsheet.StartAgain(id, scope)
	}
	if req.DryRun {
		return answer, nil
	}
	if id, err = s.freeze(ctx, id, d.Source, scope); err != nil {
		return nil, err
	}
	answer.Run, answer.Rerun, answer.Next = id, id.Rerun, "jetsheet runs wait "+id.String()
	s.log.InfoContext(ctx, "run started", slog.String("run", id.String()), slog.String("by", req.By))
	return answer, nil
}

// freeze freezes a run. Two people who make something again in the same millisecond
// get one run, unless they want different parts: then the next number is taken.
func (s *starter) freeze(ctx context.Context, id jetsheet.RunID, definition string, scope jetsheet.Scope) (jetsheet.RunID, error) {
	for {
		frozen, err := s.freezer.Freeze(ctx, id, definition, scope)
		if err != nil || frozen.Scope == scope {
			return id, err
		}
		id.Rerun++
	}
}

// definition reads the applied definition of a report.
func (s *starter) definition(ctx context.Context, name string) (*report.Definition, error) {
	d, _, err := s.applied(ctx, name)
	return d, err
}

// applied reads the applied definition of a report, and from when on its schedule has runs.
func (s *starter) applied(ctx context.Context, name string) (d *report.Definition, from time.Time, err error) {
	if name == "" {
		return nil, from, invalid(errors.New(`no report is named; write {"report": NAME} with one that "jetsheet reports list" shows`))
	}
	var applied jetsheet.Applied
	if !jetsheet.ValidReportName(name) {
		return nil, from, s.unknownReport(ctx, name)
	}
	entry, err := s.reports.Get(ctx, jetsheet.ReportKey(name))
	if err == nil {
		err = jetsheet.Decode(entry.Value(), &applied)
	}
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return nil, from, s.unknownReport(ctx, name)
	case err != nil:
		return nil, from, delivery.NotSetUp("report "+name, err)
	}
	d, err = s.parse(name, []byte(applied.Definition))
	if err != nil {
		return nil, from, &Error{Text: fmt.Sprintf("the applied definition of %s cannot be used: %s", name, err), Next: "jetsheet reports apply DIR", Code: CodeInvalid}
	}
	return d, applied.ScheduledFrom, nil
}

// unknownReport names the reports that are applied, the likeliest first.
func (s *starter) unknownReport(ctx context.Context, name string) error {
	e := &Error{Text: fmt.Sprintf("report %q is not applied", name), Next: "jetsheet reports apply DIR", Code: CodeUnknown}
	keys, err := s.reports.ListKeys(ctx)
	if err != nil {
		return e
	}
	defer func() { _ = keys.Stop() }()
	var known []string
	for key := range keys.Keys() {
		known = append(known, key)
	}
	if len(known) > 0 {
		likeliestFirst(known, name)
		e.Text += "; applied are " + someOf(known)
	}
	return e
}

// runsOf lists the runs of a report, newest first.
func (s *starter) runsOf(ctx context.Context, name string) ([]jetsheet.RunID, error) {
	ids, err := runIDs(ctx, s.reader.runs)
	return slices.DeleteFunc(ids, func(id jetsheet.RunID) bool { return id.Report != name }), err
}

// tick decides which tick is meant.
func (s *starter) tick(d *report.Definition, req *StartRequest, ids []jetsheet.RunID) (time.Time, error) {
	now := s.now()
	switch {
	case req.Tick != "":
		tick, err := parseTick(req.Tick, d)
		if err == nil {
			err = checkTick(d, tick, now)
		}
		if err != nil {
			return time.Time{}, invalid(err)
		}
		return tick, nil
	case d.Schedule != nil:
		tick := d.Schedule.Calendar.Latest(now)
		if tick.IsZero() {
			return tick, invalid(fmt.Errorf("the calendar of %s has had no tick yet", d.Name))
		}
		return tick, nil
	case (req.Again || req.Tenant != "") && len(ids) > 0:
		return ids[0].Tick, nil
	}
	return now.UTC().Truncate(time.Second), nil
}

// next decides which run of the tick is to be started.
func (s *starter) next(ctx context.Context, req *StartRequest, first jetsheet.RunID, ids []jetsheet.RunID) (jetsheet.RunID, jetsheet.Scope, error) {
	none := jetsheet.Scope{}
	same := slices.DeleteFunc(slices.Clone(ids), func(id jetsheet.RunID) bool { return !id.Tick.Equal(first.Tick) })
	if len(same) == 0 {
		if req.scope() != none {
			return first, none, &Error{
				Text: fmt.Sprintf("there is no run of %s yet, and its first run is always whole", first.Tick.Format(time.RFC3339)),
				Next: "start it whole first: " + jetsheet.StartFirst(first, none), Code: CodeInvalid,
			}
		}
		return first, none, nil
	}
	newest := same[0] // they are sorted by rerun
	if !req.Again {
		run, err := readRecord(ctx, s.reader.runs, newest)
		if err != nil {
			return first, none, err
		}
		return first, none, &Error{
			Text: fmt.Sprintf("nothing to do: run %s is %s", newest, stands(run)),
			Next: "to make it again: " + jetsheet.StartAgain(first, req.scope()), Code: CodeNothing,
		}
	}
	if req.scope() != none && !req.Unplanned {
		if err := s.checkScope(ctx, req.scope(), same); err != nil {
			return first, none, err
		}
	}
	first.Rerun = max(s.now().UnixMilli(), newest.Rerun+1)
	return first, req.scope(), nil
}

func stands(run *jetsheet.Run) string {
	switch {
	case run.State == jetsheet.RunClosed:
		return "closed"
	case run.Problem != nil:
		return "open and stands still: " + run.Problem.Message
	default:
		return "open"
	}
}
