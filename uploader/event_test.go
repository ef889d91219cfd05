package uploader

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// TestEventThatCannotBeRead: what the FAILED record keeps is the request wherever
// there is one, so that it can be replayed, and the whole event otherwise.
func TestEventThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, old, new string
		whole          bool
	}{
		{"a field of another type", `"rows":20`, `"rows":"twenty"`, false},
		{"request of another type", `"weight":20`, `"weight":"twenty"`, false},
		{"no request", `"request":`, `"requested":`, true},
		{"no JSON", `{`, ``, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			request := r.request(1, "s1")
			e := r.render(request, noise(100))
			data := bytes.Replace(mustJSON(t, e), []byte(c.old), []byte(c.new), 1)
			want := bytes.Replace(e.Request, []byte(c.old), []byte(c.new), 1)
			if c.whole {
				want = data
			}
			if _, err := r.js.Publish(t.Context(), jetsheet.RenderedSubject(jetsheet.RouteNew, request.Conversion()), data); err != nil {
				t.Fatal(err)
			}
			r.run(r.uploader())
			f := r.failed(request.Conversion())
			if f.Cause != jetsheet.CauseBadMessage || f.Retrying() || !bytes.Equal(f.Request, want) {
				t.Errorf("failure: got %s, retrying %v, with %s; want bad_message for good with %s", f.Cause, f.Retrying(), f.Request, want)
			}
		})
	}
}

func TestEventForANewerReader(t *testing.T) {
	t.Parallel()
	data := []byte(`{"schema":9,"minReader":9,"request":"of another form"}`)
	if c, err := readEvent(data); err == nil || !strings.Contains(err.Error(), jetsheet.ErrNewerSchema.Error()) || c.RequestBytes != nil {
		t.Errorf("readEvent(%s): got request %q, %v, want none and %v", data, c.RequestBytes, err, jetsheet.ErrNewerSchema)
	}
}

// BenchmarkEvent is what an event costs to read, from delivery to clearing away.
func BenchmarkEvent(b *testing.B) {
	tick := time.Date(2026, 10, 1, 20, 0, 0, 0, time.UTC)
	request, err := json.Marshal(&jetsheet.Request{
		Envelope: jetsheet.CurrentEnvelope(), Run: jetsheet.RunID{Tick: tick, Report: "temperature"},
		Target: jetsheet.Target{
			Tenant: "t1", Target: "s1", Route: jetsheet.RouteNew, Lane: jetsheet.LaneSmall, Weight: 20,
			Period: jetsheet.Period{From: tick.AddDate(0, -1, 0), Until: tick, Label: "2026-10"},
			Key:    "t1/2026-10/temperature/s1.xlsx", Filename: "冷蔵庫温度記録_第一厨房_2026-10.xlsx",
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	data, err := json.Marshal(&jetsheet.Rendered{
		Envelope: jetsheet.CurrentEnvelope(), Request: request, Object: "20261001T200000Z-temperature-0/t1/s1/h9v7", NUID: "h9v7",
		SizeBytes: 7000, SHA256: strings.Repeat("ab", 32), Rows: 20, Sheets: 1,
		Snapshot: jetsheet.Snapshot{ID: "795:799:795,797", At: tick}, Worker: "renderer-1", Version: "v1.2.3", At: tick,
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		content, err := readEvent(data)
		if err != nil {
			b.Fatal(err)
		}
		job := &delivery.Job{Content: content}
		for range 2 { // the handler's, and the clearing away
			if _, err := eventOf(job); err != nil {
				b.Fatal(err)
			}
		}
	}
}
