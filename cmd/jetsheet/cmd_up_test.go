package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

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
