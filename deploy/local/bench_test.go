package local_test

import (
	"strconv"
	"testing"

	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

func BenchmarkStartPostgres(b *testing.B) {
	for b.Loop() {
		server, err := local.StartPostgres(b.Context(), local.PostgresOptions{})
		if err != nil {
			b.Fatal(err)
		}
		if err := server.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDatabase is what a test pays for its own database, dropped again.
func BenchmarkDatabase(b *testing.B) {
	template := local.SQLTemplate("create table t (id bigint primary key, v text); insert into t select n, 'x' from generate_series(1, 1000) n")
	server := localtest.Postgres(b)
	for i := 0; b.Loop(); i++ {
		name := "bench_" + strconv.Itoa(i)
		if _, err := server.Database(b.Context(), name, template); err != nil {
			b.Fatal(err)
		}
		if err := server.Drop(b.Context(), name); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStartNATS(b *testing.B) {
	for b.Loop() {
		server, err := local.StartNATS(local.NATSOptions{Dir: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		server.Shutdown()
	}
}
