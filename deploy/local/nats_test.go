package local_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

// fill makes a stream with one message in a server's directory and stops the server.
func fill(t *testing.T, dir string) {
	t.Helper()
	server := localtest.StartNATS(t, local.NATSOptions{Dir: dir, SyncAlways: true})
	_, js := localtest.Connect(t, server)
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "KEPT", Subjects: []string{"kept.>"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "kept.a", []byte("x")); err != nil {
		t.Fatal(err)
	}
	server.Shutdown()
	server.Shutdown()
}

func TestNATSRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fill(t, dir)
	_, js := localtest.Connect(t, localtest.StartNATS(t, local.NATSOptions{Dir: dir}))
	stream, err := js.Stream(t.Context(), "KEPT")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := stream.GetMsg(t.Context(), 1); err != nil || string(got.Data) != "x" {
		t.Errorf("message after a restart: got %+v, %v, want x", got, err)
	}
}

// A machine with little free disk runs what one with much does, as long as it is not full.
func TestNATSPromisesMoreThanTheDiskHas(t *testing.T) {
	t.Parallel()
	_, js := localtest.Connect(t, localtest.StartNATS(t, local.NATSOptions{}))
	for _, name := range []string{"A", "B"} {
		if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: name, MaxBytes: 400 << 30}); err != nil {
			t.Errorf("stream %s of at most 400 GiB: %v", name, err)
		}
	}
}

func TestNATSListens(t *testing.T) {
	t.Parallel()
	first := localtest.StartNATS(t, local.NATSOptions{Addr: "127.0.0.1:0"})
	second := localtest.StartNATS(t, local.NATSOptions{Addr: "127.0.0.1:0"})
	if first.URL() == second.URL() {
		t.Fatalf("two servers listen on %s", first.URL())
	}
	conn, err := nats.Connect(first.URL())
	if err != nil {
		t.Fatalf("connect to %s: %v", first.URL(), err)
	}
	defer conn.Close()
	if got := conn.MaxPayload(); got != 1<<20 {
		t.Errorf("max payload: got %d, want 1 MiB", got)
	}
	if got := localtest.StartNATS(t, local.NATSOptions{}).URL(); got != "" {
		t.Errorf("URL of a server that does not listen: got %q, want none", got)
	}
}

func TestNATSRefusesADirectory(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(t *testing.T, dir string)
		want    string
	}{
		"of somebody else": {func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "thesis.docx"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "holds thesis.docx"},
		"in use": {func(t *testing.T, dir string) { localtest.StartNATS(t, local.NATSOptions{Dir: dir}) }, "in use"},
		"with a damaged stream": {func(t *testing.T, dir string) {
			fill(t, dir)
			found, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", "KEPT", "meta.inf"))
			if err != nil || len(found) != 1 {
				t.Fatalf("the stream's description: got %q, %v, want one", found, err)
			}
			if err := os.WriteFile(found[0], []byte("{}"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "stream KEPT could not be recovered"},
		"that is a file": {func(t *testing.T, dir string) {
			if err := os.Remove(dir); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(dir, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			c.prepare(t, dir)
			server, err := local.StartNATS(local.NATSOptions{Dir: dir})
			if err == nil {
				server.Shutdown()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestNATSAddressInUse(t *testing.T) {
	t.Parallel()
	first := localtest.StartNATS(t, local.NATSOptions{Addr: "127.0.0.1:0"})
	dir := t.TempDir()
	server, err := local.StartNATS(local.NATSOptions{Dir: dir, Addr: strings.TrimPrefix(first.URL(), "nats://")})
	if err == nil {
		server.Shutdown()
		t.Fatal("two servers listen on one address")
	}
	localtest.StartNATS(t, local.NATSOptions{Dir: dir}) // the failed start has let go of the directory
}

func TestNATSLogs(t *testing.T) {
	t.Parallel()
	var lines atomic.Int32
	counting := slog.New(slog.NewTextHandler(writerFunc(func(p []byte) (int, error) {
		lines.Add(1)
		return len(p), nil
	}), nil))
	localtest.StartNATS(t, local.NATSOptions{Log: counting, LogLevel: slog.LevelError}).Shutdown()
	if got := lines.Load(); got != 0 {
		t.Errorf("lines at level error: got %d, want 0", got)
	}
	localtest.StartNATS(t, local.NATSOptions{Log: counting}).Shutdown()
	if lines.Load() == 0 {
		t.Error("nothing was logged at level info")
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
