package main

import (
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jetsheet/jetsheet"
)

// TestRoutesWithoutProducerAndDatabase: the previous system has its answer when nobody plans
// and the database is out of reach, of a run that is frozen and of one that is not. Without
// ops it has none, and waits.
func TestRoutesWithoutProducerAndDatabase(t *testing.T) {
	t.Parallel()
	i := install(t, killSchema)
	running := i.startRoles("producer", "ops")
	i.route(jetsheet.RouteShadow)
	id := i.apply(killReport, killTick())
	i.await("the run is planned", time.Minute, func() bool {
		run := i.record(id)
		return run != nil && run.Plan != nil
	})
	running["producer"].stop()
	i.stopDatabase()
	i.route(jetsheet.RouteNew) // after the run was frozen

	tenants := []string{"1", "2", "not-planned"}
	if part := i.previousPart(id, tenants); !slices.Equal(part, tenants) {
		t.Errorf("of the planned run the previous system makes %q, want all of %q", part, tenants)
	}
	september := jetsheet.RunID{Report: id.Report, Tick: killTick().AddDate(0, -1, 0).UTC()}
	for range 2 {
		out, _ := i.run(exitDone, "runs", "routes", id.Report, "2026-09", "--tenant", "1", "--csv")
		if out != "tenant,route,previous\n1,new,false\n" {
			t.Errorf("of the run that nobody had frozen: %q, want tenant 1 here", out)
		}
		i.route(jetsheet.RouteLegacy) // which changes nothing any more
	}
	if run := i.record(september); run == nil || run.Plan != nil {
		t.Errorf("run %s is %+v, want it frozen and not planned", september, run)
	}
	running["ops"].stop()
	for _, ask := range [][]string{{id.String()}, {id.Report, "2026-09"}} {
		if out, _ := i.run(exitUnreachable, append(append([]string{"runs", "routes"}, ask...), "--tenant", "1", "--previous")...); out != "" {
			t.Errorf("without ops: runs routes %q prints %q, want nothing", ask, out)
		}
	}
}

// stopDatabase ends all sessions with the database and lets none begin.
func (i *installation) stopDatabase() {
	i.t.Helper()
	config, err := pgx.ParseConfig(i.database)
	if err != nil {
		i.t.Fatal(err)
	}
	name := config.Database
	config.Database = "postgres"
	conn, err := pgx.ConnectConfig(i.t.Context(), config)
	if err != nil {
		i.t.Fatal(err)
	}
	defer func() { _ = conn.Close(i.t.Context()) }()
	_, err = conn.Exec(i.t.Context(), "alter database "+pgx.Identifier{name}.Sanitize()+" with allow_connections false")
	if err == nil {
		_, err = conn.Exec(i.t.Context(), "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)
	}
	if err != nil {
		i.t.Fatal(err)
	}
}
