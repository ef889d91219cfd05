package ops

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

// TestCountsAgreeWithTheRules plays conversions into every mixture of records: done
// wins over pending and pending over failed, and the sum always holds.
func TestCountsAgreeWithTheRules(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 30, 3 * askEach} {
		t.Run(strconv.Itoa(size), func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			seed := rand.Uint64()
			random := rand.New(rand.NewPCG(seed, 1))
			id := runOf("orders", 0)
			want := jetsheet.Counts{Expected: size}
			retrying := 0
			targets := make([]jetsheet.Target, size)
			for i := range targets {
				targets[i] = target("t", strconv.Itoa(i))
				failed, again := random.IntN(4) > 0, random.IntN(4) == 0
				done, queued := random.IntN(4) == 0, random.IntN(8) == 0
				if failed {
					var at time.Time
					if again {
						at = time.Now().Add(time.Hour)
					}
					r.fail(id, &targets[i], jetsheet.CauseInternal, at)
				}
				if queued {
					r.queue(id, &targets[i])
				}
				if done {
					r.done(id, &targets[i], jetsheet.DonePublished)
				}
				switch {
				case done:
					want.Done++
				case queued || !failed:
					want.Pending++
				case again:
					want.Pending++
					retrying++
				default:
					want.Failed++
				}
			}
			r.store(id, jetsheet.Scope{}, targets...)
			info, err := r.reader.Info(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			detail, err := r.reader.Run(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			for name, got := range map[string]*RunInfo{"Info": info, "Run": &detail.RunInfo} {
				if got.Counts != want || got.Retrying != retrying {
					t.Errorf("%s: got %+v, %d retrying, want %+v, %d (seed %d)", name, got.Counts, got.Retrying, want, retrying, seed)
				}
			}
		})
	}
}

func TestRunsAndFind(t *testing.T) {
	t.Parallel()
	r := setup(t)
	first, again, other := runOf("orders", 0), runOf("orders", 1794268800000), runOf("zeros", 0)
	older := first
	older.Tick = tick.AddDate(0, -1, 0)
	for _, id := range []jetsheet.RunID{first, again, other, older} {
		r.store(id, jetsheet.Scope{}, target("a", "1"))
	}
	legacy := target("a", "1")
	legacy.Route, legacy.Lane = jetsheet.RouteLegacy, ""
	closed := r.store(runOf("legacy", 0), jetsheet.Scope{}, legacy)
	closed.State, closed.Frozen.Flags = jetsheet.RunClosed, flags.InitialDocument(jetsheet.RouteLegacy)
	r.put(closed)
	stuck := r.store(runOf("stuck", 0), jetsheet.Scope{})
	stuck.State, stuck.Plan = jetsheet.RunPlanning, nil
	late := older
	late.Rerun = 1794268800001
	lateRun := r.store(late, jetsheet.Scope{}, target("a", "1"))
	stuck.Problem = &jetsheet.RunProblem{Class: jetsheet.ClassPermanent, Message: "no such column"}
	r.put(stuck)
	lateRun.Frozen.FrozenAt = tick.Add(time.Hour) // of an older tick, and started last
	r.put(lateRun)

	for _, test := range []struct {
		filter RunFilter
		want   string
	}{
		{RunFilter{Report: "orders"}, fmt.Sprint([]jetsheet.RunID{again, first, late, older})},
		{RunFilter{Report: "orders", Limit: 1}, fmt.Sprint([]jetsheet.RunID{again})},
		{RunFilter{Report: "orders", Tick: older.Tick}, fmt.Sprint([]jetsheet.RunID{late, older})},
		{RunFilter{State: jetsheet.RunClosed}, fmt.Sprint([]jetsheet.RunID{runOf("legacy", 0)})},
		{RunFilter{State: jetsheet.RunPlanning, Unfinished: true}, fmt.Sprint([]jetsheet.RunID{runOf("stuck", 0)})},
	} {
		runs, err := r.reader.Runs(t.Context(), test.filter)
		if err != nil {
			t.Fatal(err)
		}
		got := []jetsheet.RunID{}
		for _, run := range runs {
			got = append(got, run.Run)
		}
		if fmt.Sprint(got) != test.want {
			t.Errorf("%+v: got %v, want %s", test.filter, got, test.want)
		}
	}
	for text, want := range map[string]jetsheet.RunID{
		"orders": late, "zeros": other, first.String(): first, "20261031T200000Z-z": other,
	} {
		if got, err := r.reader.Find(t.Context(), text); err != nil || got != want {
			t.Errorf("Find(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]error{"20261031": ErrAmbiguous, "20261001": ErrAmbiguous, "order": ErrUnknownRun, "": ErrUnknownRun, "*": ErrUnknownRun} {
		if got, err := r.reader.Find(t.Context(), text); !errors.Is(err, want) {
			t.Errorf("Find(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for id, want := range map[jetsheet.RunID]string{runOf("legacy", 0): "jetsheet flags promote --default new", runOf("stuck", 0): "tried again by itself every 10 s"} {
		info, err := r.reader.Info(t.Context(), id)
		if err != nil || !strings.Contains(info.Next, want) {
			t.Errorf("Info(%s): got %+v, %v, want next with %q", id, info, err, want)
		}
	}
}

func TestRunsGoesOnAfterARecordItCannotRead(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.store(runOf("orders", 0), jetsheet.Scope{}, target("a", "1"))
	_, err := r.runs.PutString(t.Context(), runOf("newer", 0).String(), `{"schema":9,"minReader":9}`)
	r.check(err)
	_, err = r.runs.PutString(t.Context(), "by-hand", `x`)
	r.check(err)
	runs, err := r.reader.Runs(t.Context(), RunFilter{})
	if len(runs) != 1 || !errors.Is(err, jetsheet.ErrNewerSchema) {
		t.Errorf("got %d runs, %v, want 1 and %v", len(runs), err, jetsheet.ErrNewerSchema)
	}
}

// TestFindTakesTheRunThatWasFrozenLast, although the records of others were written
// later: runs of other ticks may close meanwhile.
func TestFindTakesTheRunThatWasFrozenLast(t *testing.T) {
	t.Parallel()
	r := setup(t)
	const months = 6
	for last := range months {
		name := fmt.Sprintf("orders-%d", last)
		var want jetsheet.RunID
		for month := range months {
			id := runOf(name, 0)
			id.Tick = tick.AddDate(0, -month, 0)
			run := r.store(id, jetsheet.Scope{}, target("a", "1"))
			run.Frozen.FrozenAt = tick.AddDate(0, 0, month)
			if month == last {
				run.Frozen.FrozenAt, want = tick.AddDate(1, 0, 0), id
			}
			r.put(run)
		}
		if got, err := r.reader.Find(t.Context(), name); err != nil || got != want {
			t.Errorf("Find(%q) = %v, %v, want %v", name, got, err, want)
		}
	}
}
