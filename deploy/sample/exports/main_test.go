package main

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

func TestMain(m *testing.M) { localtest.Main(m) }

const exportsTable = `create table exports (report text, tenant_id bigint, target text, period text,
  state text check (state in ('published', 'skipped', 'failed')), s3_key text, updated_at timestamptz,
  primary key (report, tenant_id, target, period))`

// TestDoneRecordsMarkTheTable publishes real done records and follows the table. The
// program is stopped in between and goes on where it was.
func TestDoneRecordsMarkTheTable(t *testing.T) {
	t.Parallel()
	database := localtest.Database(t, local.SQLTemplate(exportsTable))
	server := localtest.StartNATS(t, local.NATSOptions{Addr: "127.0.0.1:0"})
	_, js := localtest.Connect(t, server)
	if _, err := deploy.Provision(t.Context(), js, jetsheet.NewTopology(jetsheet.TopologyOptions{}), false); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	begin := func() (stop func()) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- run(ctx, database, server.URL()) }()
		return func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	}
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	record := func(rerun int64, tenant string, state jetsheet.DoneState, key string, at time.Time) {
		d := jetsheet.Done{
			Envelope: jetsheet.CurrentEnvelope(), Run: jetsheet.RunID{Tick: at.Truncate(time.Hour), Report: "r", Rerun: rerun},
			Report: "r", Tenant: tenant, Target: "x", State: state, Key: key, At: at, Period: jetsheet.Period{Label: "2026-10"},
		}
		body, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := js.Publish(t.Context(), jetsheet.DoneSubject(d.Conversion()), body); err != nil {
			t.Fatal(err)
		}
	}
	await := func(tenant int64, wantState, wantKey string) {
		t.Helper()
		for {
			var state, key string
			err := conn.QueryRow(t.Context(), "select state, coalesce(s3_key, '') from exports where tenant_id = $1", tenant).Scan(&state, &key)
			if err == nil && state == wantState && key == wantKey {
				return
			}
			if t.Context().Err() != nil || time.Since(began) > time.Minute {
				t.Fatalf("tenant %d: %q %q (%v), want %q %q", tenant, state, key, err, wantState, wantKey)
			}
		}
	}
	stop := begin()
	record(0, "9223372036854775807", jetsheet.DonePublished, "9223372036854775807/k.xlsx", at)
	record(0, "2", jetsheet.DoneSkipped, "", at)
	await(9223372036854775807, "published", "9223372036854775807/k.xlsx")
	await(2, "skipped", "")
	stop()
	record(5, "2", jetsheet.DonePublished, "2/k.xlsx", at.Add(time.Minute))
	record(0, "3", jetsheet.DoneSuperseded, "3/k.xlsx", at)
	record(0, "4", jetsheet.DonePublished, "4/k.xlsx", at)
	stop = begin()
	await(2, "published", "2/k.xlsx")
	await(4, "published", "4/k.xlsx")
	stop()
	var rows int
	if err := conn.QueryRow(t.Context(), "select count(*) from exports").Scan(&rows); err != nil || rows != 3 {
		t.Errorf("%d rows (%v), want 3: a superseded workbook is not marked", rows, err)
	}
}

// began bounds the waiting.
var began = time.Now()
