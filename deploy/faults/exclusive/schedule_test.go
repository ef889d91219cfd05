package exclusive_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/ops"
)

// reportName is the only report's. It makes a workbook a day for each tenant.
const reportName = "sample"

// schedules are those that the report is given one after the other. Each has the ticks of
// the same days, earlier ones: a producer goes on from the last tick, and runs none of a
// day again. With a later one it would, which is another run and has routes of its own.
var schedules = [...]struct {
	hour   int
	zone   string
	before time.Duration // the first schedule's tick
}{
	{6, "UTC", 0},
	{5, "UTC", time.Hour},
	{6, "Asia/Tokyo", 9 * time.Hour},
	{5, "Asia/Tokyo", 10 * time.Hour},
}

// dueAt is the turn at which a tick has come.
func dueAt(tick int) int { return 1 + tick*turnsADay }

const turnsADay = 60

// now is the instant of a turn: a tick of the first schedule comes when it is due.
func (w *world) now() time.Time {
	return tickAt(0, 0).Add(time.Duration(w.turns-dueAt(0)) * (24 * time.Hour / turnsADay))
}

// tickAt is the instant of a tick by a schedule.
func tickAt(tick, schedule int) time.Time {
	return time.Date(2026, 11, 2+tick, schedules[0].hour, 0, 0, 0, time.UTC).Add(-schedules[schedule].before)
}

func runAt(tick, schedule, rerun int) jetsheet.RunID {
	return jetsheet.RunID{Report: reportName, Tick: tickAt(tick, schedule), Rerun: int64(rerun)}
}

// runOf is a tick's run: with the schedule that there was when it was frozen.
func (w *world) runOf(tick, rerun int) jetsheet.RunID {
	return runAt(tick, w.scheduleOf[tick], rerun)
}

// tickOf is the tick of a run, whatever its schedule.
func tickOf(run jetsheet.RunID) int { return run.Tick.Add(12*time.Hour).Day() - 2 }

// definition is the report's with a schedule.
func definition(schedule int) string {
	s := schedules[schedule]
	return fmt.Sprintf(`report: %s
schedule: {cron: "0 %d * * *", timeZone: %s}
period: day
targets: select tenant, target from stock
queries:
  rows: select item from stock where tenant = @tenant
workbook: {sheets: [{name: Stock, rows: rows}]}
output: {key: "{tenant}/{period}/{target}.xlsx"}
`, reportName, s.hour, s.zone)
}

// parse reads a definition, each once: nobody changes it.
func (w *world) parse(file string, data []byte) (*report.Definition, error) {
	if known := w.parsed[string(data)]; known != nil {
		return known, nil
	}
	d, err := report.Options{CheckFormat: func(string) error { return nil }}.Parse(file, data)
	if err == nil {
		w.parsed[string(data)] = d
	}
	return d, err
}

// reschedule gives the report its next schedule, once each tick that has come is frozen:
// what is asked for by its day from then on has another tick by today's calendar.
func (w *world) reschedule() {
	if w.schedule == len(schedules)-1 {
		return
	}
	for tick := range ticks {
		if dueAt(tick) <= w.turns && !w.frozen(w.runOf(tick, 0)) {
			return
		}
	}
	w.schedule++
	for tick := range ticks {
		if dueAt(tick) > w.turns {
			w.scheduleOf[tick] = w.schedule
		}
	}
	w.say("world", fmt.Sprintf("the report's schedule is %d:00 %s", schedules[w.schedule].hour, schedules[w.schedule].zone))
}

// frozen says whether a run has both of its records.
func (w *world) frozen(run jetsheet.RunID) bool {
	_, inKV := w.runs.entries[jetsheet.RunKey(run)]
	_, onS3 := w.objects.stored[jetsheet.RecordKey(run)]
	return inKV && onS3
}

// find is how the previous system learns which run is a day's.
type find func(tick int) (jetsheet.RunID, error)

// byDay asks by the day, as the service that answers routes does. Where that has several
// ticks, a person looks and names the run.
func byDay(w *world, runs jetstream.KeyValue) find {
	known := ops.Ticks{Runs: runs, Parse: w.parse, Now: w.now}
	return func(tick int) (jetsheet.RunID, error) {
		d, err := call(w, toNATS, "get the report", nats.ErrTimeout, func() (*report.Definition, error) {
			return w.parse(reportName, []byte(definition(w.schedule)))
		})
		if err != nil {
			return jetsheet.RunID{}, err
		}
		day := tickAt(tick, 0).AddDate(0, 0, -1).Format(time.DateOnly)
		at, err := known.Find(context.Background(), d, time.Time{}, &ops.RoutesRequest{Report: reportName, Period: day})
		if refusal, ok := errors.AsType[*ops.Error](err); ok && refusal.Code == ops.CodeInvalid {
			w.say(w.running.name, "is refused: "+refusal.Text)
			return w.runOf(tick, 0), nil
		}
		return jetsheet.RunID{Report: reportName, Tick: at}, err
	}
}
