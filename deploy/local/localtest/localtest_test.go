package localtest_test

import (
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

func TestMain(m *testing.M) { localtest.Main(m) }

func TestDatabasesAreSeparate(t *testing.T) {
	t.Parallel()
	template := local.SQLTemplate("create table things (id int); insert into things values (1)")
	first, second := localtest.Database(t, template), localtest.Database(t, template)
	if first == second {
		t.Fatalf("two databases have one URL: %s", first)
	}
	for i, url := range []string{first, second} {
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatalf("connect to %s: %v", url, err)
		}
		var rows int
		if err := conn.QueryRow(t.Context(), "insert into things values (2) returning (select count(*) from things)").Scan(&rows); err != nil {
			t.Fatalf("use database %d: %v", i, err)
		}
		if rows != 1 {
			t.Errorf("database %d had %d things, want the template's 1", i, rows)
		}
		if err := conn.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestNATSHasJetStream(t *testing.T) {
	t.Parallel()
	_, js := localtest.NATS(t)
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}}); err != nil {
		t.Fatal(err)
	}
	ack, err := js.Publish(t.Context(), "s.a", []byte("x"))
	if err != nil || ack.Sequence != 1 {
		t.Fatalf("publish: got %+v, %v, want sequence 1", ack, err)
	}
}

func TestTrapsAreSet(t *testing.T) {
	t.Parallel()
	for name, want := range localtest.Traps() {
		if got := os.Getenv(name); got != want {
			t.Errorf("%s: got %q, want the trap %q", name, got, want)
		}
	}
}
