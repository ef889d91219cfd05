package ops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/jetsheet/jetsheet"
)

// FailureInfo is a conversion that failed.
type FailureInfo struct {
	// Conversion is RUN/TENANT/TARGET with the ids as tokens; it names the failure
	// everywhere.
	Conversion string         `json:"conversion"`
	Run        jetsheet.RunID `json:"run"`
	// Tenant and Target are the ids; their tokens where the request cannot be read.
	Tenant string `json:"tenant"`
	Target string `json:"target"`
	jetsheet.Failure

	Weight   int64           `json:"weight,omitempty"`
	Period   jetsheet.Period `json:"period,omitzero"`
	Key      string          `json:"key,omitempty"`
	Filename string          `json:"filename,omitempty"`
	// Next is what mends it.
	Next string `json:"next"`
}

// FailureListing says how complete a list of failures is.
type FailureListing struct {
	// Matched is how many failures the filter picks; Left counts what it picks and what is
	// no failure, or none that anybody is to look at.
	Matched int     `json:"matched"`
	Left    Skipped `json:"left"`
}

// Failures calls each for the failures that the filter picks, newest first, at most limit;
// 0 or less means all. An error of each ends it and is returned.
func (r *Reader) Failures(ctx context.Context, f FailureFilter, limit int, each func(*FailureInfo) error) (*FailureListing, error) {
	scan, err := r.scan(ctx, f)
	if err != nil {
		return nil, err
	}
	set, err := r.failures(ctx, scan)
	if err != nil {
		return nil, err
	}
	listing := &FailureListing{Matched: len(set.list), Left: set.skipped}
	list := set.list
	if limit > 0 && len(list) > limit {
		list = list[len(list)-limit:]
	}
	for end := len(list); end > 0; {
		begin := max(0, end-detailBatch)
		infos, err := r.failureInfos(ctx, list[begin:end])
		if err != nil {
			return nil, err
		}
		for i := len(infos) - 1; i >= 0; i-- {
			if infos[i] == nil { // it has gone meanwhile
				continue
			}
			if err := each(infos[i]); err != nil {
				return nil, err
			}
		}
		end = begin
	}
	return listing, nil
}

func (r *Reader) failureInfos(ctx context.Context, list []failedOne) ([]*FailureInfo, error) {
	infos := make([]*FailureInfo, len(list))
	group, limited := errgroup.WithContext(ctx)
	group.SetLimit(readsAtOnce)
	for i := range list {
		group.Go(func() error {
			m, err := lastMessage(limited, r.failed, list[i].address.FailedSubject())
			if err == nil && m != nil {
				infos[i] = newFailureInfo(list[i].address, m)
			}
			return err
		})
	}
	return infos, group.Wait()
}

func newFailureInfo(a jetsheet.Address, m *jetstream.RawStreamMsg) *FailureInfo {
	info := &FailureInfo{
		Conversion: conversionText(a), Run: a.Run, Tenant: a.Tenant, Target: a.Target, Failure: readFailure(m.Header, m.Data),
	}
	var scope jetsheet.Scope
	if request, ok := requestIn(m.Data); ok {
		info.Tenant, info.Target = request.Tenant, request.Target.Target
		info.Weight, info.Period, info.Key, info.Filename = request.Weight, request.Period, request.Key, request.Filename
		scope = jetsheet.Scope{Tenant: info.Tenant, Target: info.Target}
	}
	info.Next = mendWith(info.Cause, a.Run, scope, info.Definition != "")
	return info
}

// FailureDetail is all that is known of a failure.
type FailureDetail struct {
	FailureInfo

	// State is where the conversion is now: a failure may have been mended, or be pending
	// again.
	State State `json:"state"`
	// Request is the body of the request that failed; a text where it is no JSON.
	Request json.RawMessage `json:"request"`
	// Progress is what the stages wrote of attempts, as far as it is still there.
	Progress map[jetsheet.Stage]*jetsheet.Progress `json:"progress,omitempty"`
	// Dismiss is the command that says that nothing is to be done, Raw how the request is
	// published again with the nats CLI alone.
	Dismiss string `json:"dismiss"`
	Raw     string `json:"raw,omitempty"`
}

// Failure returns the newest failure of a conversion. The error wraps [ErrUnknownFailure]
// where there is none.
func (r *Reader) Failure(ctx context.Context, a jetsheet.Address) (*FailureDetail, error) {
	m, err := lastMessage(ctx, r.failed, a.FailedSubject())
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, fmt.Errorf("conversion %s: %w", conversionText(a), ErrUnknownFailure)
	}
	d := &FailureDetail{
		FailureInfo: *newFailureInfo(a, m), State: StateFailed, Progress: map[jetsheet.Stage]*jetsheet.Progress{},
		Dismiss: "jetsheet failures dismiss " + conversionText(a) + " --reason REASON",
	}
	if d.Retrying() {
		d.State = StateRetrying
	}
	if replayable(d.Cause) {
		d.Raw = rawReplay(a)
	}
	if d.Request = m.Data; !json.Valid(m.Data) {
		if d.Request, err = json.Marshal(string(m.Data)); err != nil {
			return nil, fmt.Errorf("encode the request of %s: %w", d.Conversion, err)
		}
	}
	if err := r.addProgress(ctx, d); err != nil {
		return nil, err
	}
	return d, r.addStanding(ctx, a, d)
}

func (r *Reader) addProgress(ctx context.Context, d *FailureDetail) error {
	conversion := jetsheet.Conversion{Run: d.Run, Tenant: d.Tenant, Target: d.Target}
	for _, stage := range []jetsheet.Stage{jetsheet.StageRenderer, jetsheet.StageUploader} {
		entry, err := r.progress.Get(ctx, jetsheet.ProgressKey(stage, conversion))
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read progress of %s: %w", d.Conversion, err)
		}
		var p jetsheet.Progress
		if jetsheet.Decode(entry.Value(), &p) == nil {
			d.Progress[stage] = &p
		}
	}
	return nil
}

// addStanding says where the conversion is by now: done wins over pending over failed.
func (r *Reader) addStanding(ctx context.Context, a jetsheet.Address, d *FailureDetail) error {
	err := r.eachSubject(ctx, jetsheet.StreamConversions, a.RequestSubjects(), func(string) { d.State = StateQueued })
	if err != nil {
		return err
	}
	if err := r.eachSubject(ctx, jetsheet.StreamRendered, a.RenderedSubjects(), func(string) { d.State = StateRendered }); err != nil {
		return err
	}
	m, err := lastMessage(ctx, r.done, a.DoneSubject())
	if err != nil || m == nil {
		return err
	}
	var done jetsheet.Done
	if err := jetsheet.Decode(m.Data, &done); err != nil {
		return fmt.Errorf("read %s: %w", m.Subject, err)
	}
	d.State = State(done.State)
	return nil
}
