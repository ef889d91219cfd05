package ops

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/jetsheet/jetsheet"
)

// FailureInfo is a conversion that failed, or a stray message: one that somebody published
// on a subject that names no conversion.
type FailureInfo struct {
	// Conversion is RUN/TENANT/TARGET with the ids as tokens, and the subject in FAILED for
	// a stray message; it names the failure everywhere.
	Conversion string `json:"conversion"`
	// Stray says that neither run, report, tenant nor target are known.
	Stray bool           `json:"stray,omitempty"`
	Run   jetsheet.RunID `json:"run,omitzero"`
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
// 0 or less means all. What a later run of the same tick has is left out where the filter
// names no run. An error of each ends it and is returned.
func (r *Reader) Failures(ctx context.Context, f FailureFilter, limit int, each func(*FailureInfo) error) (*FailureListing, error) {
	listing, _, err := r.failuresBefore(ctx, f, 0, limit, each)
	return listing, err
}

// failuresBefore is [Reader.Failures] of what lies in FAILED before a sequence, or with 0 of
// all. The rest lies before the sequence that it returns, 0 where there is none. An error of
// each comes with both: the failure that it was called for belongs to the rest.
func (r *Reader) failuresBefore(ctx context.Context, f FailureFilter, before uint64, limit int, each func(*FailureInfo) error) (*FailureListing, uint64, error) {
	scan, err := r.scan(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	set, err := r.failures(ctx, scan)
	if err != nil {
		return nil, 0, err
	}
	if err := r.leaveOutSuperseded(ctx, scan, set); err != nil {
		return nil, 0, err
	}
	list := set.list
	if before > 0 { // and not earlier: what a later run has may lie behind it
		end, _ := slices.BinarySearchFunc(list, before, func(one failedOne, before uint64) int { return cmp.Compare(one.sequence, before) })
		list = list[:end]
	}
	listing := &FailureListing{Matched: len(list), Left: set.skipped}
	rest, err := r.eachFailure(ctx, list, limit, each)
	if len(rest) == 0 {
		return listing, 0, err
	}
	return listing, rest[len(rest)-1].sequence + 1, err
}

// eachFailure calls each from the end of a list on, for at most limit failures, and returns
// the rest. What has gone since it was listed does not count.
func (r *Reader) eachFailure(ctx context.Context, list []failedOne, limit int, each func(*FailureInfo) error) (rest []failedOne, err error) {
	for listed := 0; len(list) > 0 && (limit <= 0 || listed < limit); {
		batch := min(len(list), detailBatch)
		if limit > 0 {
			batch = min(batch, limit-listed)
		}
		infos, err := r.failureInfos(ctx, list[len(list)-batch:])
		if err != nil {
			return list, err
		}
		for _, info := range slices.Backward(infos) {
			if info != nil {
				if err := each(info); err != nil {
					return list, err
				}
				listed++
			}
			list = list[:len(list)-1]
		}
	}
	return list, nil
}

func (r *Reader) failureInfos(ctx context.Context, list []failedOne) ([]*FailureInfo, error) {
	infos := make([]*FailureInfo, len(list))
	group, limited := errgroup.WithContext(ctx)
	group.SetLimit(readsAtOnce)
	for i := range list {
		group.Go(func() error {
			m, err := lastMessage(limited, r.failed, list[i].subject)
			if err == nil && m != nil {
				infos[i] = newFailureInfo(m)
			}
			return err
		})
	}
	return infos, group.Wait()
}

func newFailureInfo(m *jetstream.RawStreamMsg) *FailureInfo {
	info := &FailureInfo{Conversion: m.Subject, Failure: readFailure(m.Header, m.Data, m.Time)}
	a, err := jetsheet.ParseSubject(m.Subject)
	if info.Stray = err != nil; info.Stray {
		info.Next = mendStray(Dismiss(jetsheet.ShellQuote(m.Subject)))
		return info
	}
	info.Conversion, info.Run, info.Tenant, info.Target = conversionText(a), a.Run, a.Tenant, a.Target
	scope := ScopeOf(a)
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
	// Request is the body of the request that failed; a text where it is no JSON, or is
	// longer than a request may be: then its beginning. RequestBytes is its length.
	Request      json.RawMessage `json:"request"`
	RequestBytes int             `json:"requestBytes"`
	// Progress is what the stages wrote of attempts, as far as it is still there.
	Progress map[jetsheet.Stage]*jetsheet.Progress `json:"progress,omitempty"`
	// Dismiss is the command that says that nothing is to be done, Raw how the request is
	// published again with the nats CLI alone.
	Dismiss string `json:"dismiss"`
	Raw     string `json:"raw,omitempty"`
}

// Failure returns the newest failure of a conversion, or a stray message, by its name as
// [FailureInfo] has it. The error wraps [ErrUnknownFailure] where there is none.
func (r *Reader) Failure(ctx context.Context, name string) (*FailureDetail, error) {
	subject, err := FailureSubject(name)
	if err != nil {
		return nil, invalid(err)
	}
	m, err := lastMessage(ctx, r.failed, subject)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, fmt.Errorf("conversion %s: %w", name, ErrUnknownFailure)
	}
	d := &FailureDetail{FailureInfo: *newFailureInfo(m), State: StateFailed}
	if err := d.addRequest(m.Data); err != nil {
		return nil, err
	}
	if d.Stray {
		d.Dismiss = Dismiss(jetsheet.ShellQuote(d.Conversion)) + " --reason REASON"
		return d, nil
	}
	a, err := jetsheet.ParseSubject(subject)
	if err != nil {
		return nil, err
	}
	d.Dismiss = Dismiss(d.Conversion) + " --reason REASON"
	if d.Retrying() {
		d.State = StateRetrying
	}
	if replayable(d.Cause) {
		d.Raw = rawReplay(a)
	}
	if err := r.addProgress(ctx, d); err != nil {
		return nil, err
	}
	return d, r.addStanding(ctx, a, d)
}

// addRequest shows the body of the request. Whatever somebody published fits an answer.
func (d *FailureDetail) addRequest(body []byte) error {
	d.Request, d.RequestBytes = body, len(body)
	if json.Valid(body) && len(body) <= jetsheet.MaxRequestBytes {
		return nil
	}
	text, err := encode(string(body[:min(len(body), jetsheet.MaxRequestBytes)]))
	if err != nil {
		return fmt.Errorf("encode the request of %s: %w", d.Conversion, err)
	}
	d.Request = text
	return nil
}

func (r *Reader) addProgress(ctx context.Context, d *FailureDetail) error {
	conversion := jetsheet.Conversion{Run: d.Run, Tenant: d.Tenant, Target: d.Target}
	d.Progress = map[jetsheet.Stage]*jetsheet.Progress{}
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
