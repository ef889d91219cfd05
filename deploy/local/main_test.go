package local_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

// childVariable makes the test binary start a server and wait for its death, instead of running tests.
const childVariable = "JETSHEET_LOCAL_CHILD"

func TestMain(m *testing.M) {
	if mode := os.Getenv(childVariable); mode != "" {
		os.Exit(ownServer(mode))
	}
	localtest.Main(m)
}

// ownServer starts a server, tells where it is and waits until the parent closes stdin or kills us.
func ownServer(mode string) int {
	start := local.StartPostgres
	if mode == "surviving" {
		start = local.StartSurvivingPostgres
	}
	server, err := start(context.Background(), local.PostgresOptions{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	_, _ = fmt.Fprintf(os.Stdout, "%d %s\n", server.PID(), server.Log()) // the parent has gone
	_, _ = os.Stdin.Read(make([]byte, 1))                                // returns at the parent's close
	if err := server.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
