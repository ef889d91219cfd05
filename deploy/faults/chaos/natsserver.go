//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/jetsheet/jetsheet/deploy/local"
)

// natsCommand makes this program a nats-server.
const natsCommand = "nats-server"

// serveNATS serves DIR at ADDRESS until it is told to end. Every message is durable before
// it is acknowledged.
func serveNATS(args []string) error {
	if len(args) != 2 {
		return errors.New("want DIR and ADDRESS")
	}
	server, err := local.StartNATS(local.NATSOptions{Dir: args[0], Addr: args[1], SyncAlways: true})
	if err != nil {
		return err
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM)
	<-ended
	server.Shutdown()
	return nil
}

// newNATSServer is nats-server as a process of its own.
func newNATSServer(dir, address, logFile string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start nats-server: %w", err)
	}
	return &process{name: "nats-server", logFile: logFile, command: func() *exec.Cmd {
		return exec.Command(self, natsCommand, dir, address) //nolint:noctx,gosec // ourselves; the supervisor ends it
	}}, nil
}
