package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRolesStartBeforeTheDatabase: each role that reads the database starts while that is
// down, says so, and waits as it would have if the database had gone later.
func TestRolesStartBeforeTheDatabase(t *testing.T) {
	t.Parallel()
	i := install(t, "")
	i.env = append(i.env[:len(i.env):len(i.env)], "JETSHEET_DATABASE_URL=postgres://u:p@127.0.0.1:1/records")
	local := []string{"--local", t.TempDir(), "--local-nats=127.0.0.1:0", "--local-s3=127.0.0.1:0"}
	for _, r := range []*role{i.start("producer"), i.start("renderer"), i.start("up"), i.start("up", local...)} {
		i.await(r.command.String(), time.Minute, func() bool {
			log := r.log.String()
			return strings.Contains(log, "database does not answer yet") && strings.Contains(log, "started")
		})
		if code := r.stop(); code != exitDone {
			t.Errorf("%s: exit code %d, want 0", r.command, code)
		}
	}
}

// Somebody's own NATS or S3 often has the usual address already.
func TestUpLocalNamesATakenAddress(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	taken := listener.Addr().String()
	for flag, c := range map[string]*upCommand{
		"--local-nats": {NATSAddr: taken, S3Addr: "127.0.0.1:0"},
		"--local-s3":   {NATSAddr: "127.0.0.1:0", S3Addr: taken},
	} {
		c.Local = filepath.Join(t.TempDir(), "installation")
		err := c.runLocal(t.Context(), &app{})
		if err == nil || !strings.Contains(err.Error(), taken) || !strings.Contains(err.Error(), flag+"=127.0.0.1:0") {
			t.Errorf("%s %s: %v, want an error that names both", flag, taken, err)
		}
		if _, err := os.Stat(c.Local); !os.IsNotExist(err) {
			t.Errorf("%s: the directory was made all the same (%v)", flag, err)
		}
	}
}
