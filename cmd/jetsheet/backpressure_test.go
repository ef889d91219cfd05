package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jetsheet/jetsheet"
)

// TestStandingUploaderHoldsTheDatabase has nobody who takes workbooks to S3: the store
// between renderer and uploader fills to four fifths, renderers stop there, and the
// database has peace. With an uploader all goes on by itself.
func TestStandingUploaderHoldsTheDatabase(t *testing.T) {
	t.Parallel()
	i := install(t, killSchema)
	const room = 1400 << 10
	i.run(exitDone, "setup", "--setup-ack-wait=2s", fmt.Sprintf("--setup-workbooks-bytes=%d", room))
	i.start("producer", roleFlags["producer"]...)
	// A name of its own at the database: the producer goes on asking for the time.
	i.env = append(i.env, "JETSHEET_DATABASE_URL="+withApplication(i.database, "renderer"))
	renderer := i.start("renderer", "--renderer-slots=1")
	// Slow enough for the fill to be seen before it is over: the store is looked at now and then.
	slow := strings.Replace(killReport, "select n, site from records", "with s as materialized (select pg_sleep(0.02)::text as slept) select n, site, slept from records, s", 1)
	id := i.apply(slow, killTick())
	w := i.paused(jetsheet.StageRenderer, jetsheet.ResourceObjectStore)
	if !strings.Contains(w.LastError, "uploaders must catch up first") {
		t.Errorf("the renderer says %q, want that uploaders must catch up", w.LastError)
	}
	db, err := pgx.Connect(t.Context(), i.database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close(t.Context()) }()
	// What was in hand is finished, or waits for room without a session.
	i.await("the renderers' sessions are idle", 20*time.Second, func() bool { return !strings.Contains(i.sessions(db), "active") })
	steady(t, "the renderers' sessions at the database", 3*time.Second, func() string { return i.sessions(db) })
	store, err := i.js.Stream(t.Context(), jetsheet.StoreStream(jetsheet.StoreWorkbooks))
	if err != nil {
		t.Fatal(err)
	}
	if used := store.CachedInfo().State.Bytes; used < room*8/10 || used > room*98/100 {
		t.Errorf("the store holds %d bytes of %d, want four fifths and what was in hand", used, room)
	}
	if strings.Contains(renderer.log.String(), "maximum bytes exceeded") {
		t.Error("the renderer met a full store, want that it stops before")
	}
	if out, _ := i.run(exitDone, "runs", "show", id.String()); !strings.Contains(out, "renderer paused since ") || !strings.Contains(out, "no uploader is running") {
		t.Errorf("runs show says\n%swant that the renderer is paused and no uploader is running", out)
	}
	if n := i.done(id); n != 0 {
		t.Errorf("%d are done without an uploader", n)
	}

	i.start("uploader", roleFlags["uploader"]...)
	i.closed(id, time.Minute)
	i.checkKillWorkbooks(id)
	i.nothingFailed()
}

// withApplication names the sessions of who connects with a URL.
func withApplication(database, name string) string {
	separator := "?"
	if strings.Contains(database, "?") {
		separator = "&"
	}
	return database + separator + "application_name=" + name
}

// sessions says what the renderers' sessions do, and which statement was their last and
// when.
func (i *installation) sessions(db *pgx.Conn) string {
	i.t.Helper()
	var text string
	err := db.QueryRow(i.t.Context(), `select coalesce(string_agg(concat_ws(' ', state, query_start, state_change), ', ' order by pid), 'none')
		from pg_stat_activity where datname = current_database() and application_name = 'renderer'`).Scan(&text)
	if err != nil {
		i.t.Fatal(err)
	}
	return text
}
