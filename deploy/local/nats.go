package local

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// NATSOptions says how the server in this process runs. Dir is required.
type NATSOptions struct {
	// Dir holds JetStream's data; it is made if missing. It belongs to one server at a time, and must be empty or
	// have been made by this package.
	Dir string
	// Addr is where to listen, as 127.0.0.1:4222; port 0 takes a free one. Empty means that only this process can
	// connect, through Connect.
	Addr string
	// SyncAlways makes every write durable before it is acknowledged; without it the last seconds before a crash of
	// the machine may be lost.
	SyncAlways bool
	// MaxPayloadBytes bounds a message; 0 means 1 MiB.
	MaxPayloadBytes int32
	// Log receives what the server logs; nil means nothing is logged.
	Log *slog.Logger
	// LogLevel is the lowest level passed to Log. At slog.LevelDebug the server also tells every client and account
	// event.
	LogLevel slog.Level
	// Configure changes the server's options last, for what has no field here (permissions, monitoring); nil changes
	// nothing.
	Configure func(*server.Options)
}

// NATS is a running nats-server in this process. Its methods may be called concurrently.
type NATS struct {
	server    *server.Server
	listening bool
	held      lock
	shutdown  sync.Once
}

// natsReadyLimit covers the recovery of a large directory: a million messages take two seconds.
const natsReadyLimit = time.Minute

// mostPromised is the most bytes that streams may be promised together. Left to itself the server promises three
// quarters of the free disk, and a machine with 8 GiB free would not get streams that stay almost empty.
const mostPromised = 1 << 40

// StartNATS starts a server and returns when it takes connections and has recovered its directory. A directory that
// belongs to something else, is in use, or has lost a stream is an error that says so.
func StartNATS(o NATSOptions) (_ *NATS, err error) {
	if o.Dir == "" {
		return nil, errors.New("start nats-server: no directory given")
	}
	n := &NATS{listening: o.Addr != ""}
	if n.held, err = claimStore(o.Dir); err != nil {
		return nil, fmt.Errorf("start nats-server: %w", err)
	}
	defer func() {
		if err != nil {
			n.Shutdown()
			err = fmt.Errorf("start nats-server in %s: %w", o.Dir, err)
		}
	}()
	options, err := o.server()
	if err != nil {
		return nil, err
	}
	if n.server, err = server.NewServer(options); err != nil {
		return nil, err
	}
	log := &natsLog{log: o.Log, lowest: o.LogLevel}
	n.server.SetLoggerV2(log, o.Log != nil && o.LogLevel <= slog.LevelDebug, false, false)
	n.server.Start()
	if err := n.awaitReady(log); err != nil {
		return nil, fmt.Errorf("%w%s", err, log.complaints())
	}
	if err := n.checkRecovered(o.Dir); err != nil {
		return nil, fmt.Errorf("%w%s", err, log.complaints())
	}
	log.started()
	return n, nil
}

func (o NATSOptions) server() (*server.Options, error) {
	options := &server.Options{
		JetStream: true, StoreDir: o.Dir, SyncAlways: o.SyncAlways, JetStreamMaxStore: mostPromised,
		MaxPayload: cmp.Or(o.MaxPayloadBytes, int32(server.MAX_PAYLOAD_SIZE)),
		NoSigs:     true, DontListen: o.Addr == "",
	}
	if o.Addr != "" {
		host, port, err := net.SplitHostPort(o.Addr)
		if err != nil {
			return nil, fmt.Errorf("listen address: %w", err)
		}
		number, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("listen address %s: %w", o.Addr, err)
		}
		options.Host, options.Port = host, int(number)
		if number == 0 {
			options.Port = server.RANDOM_PORT
		}
	}
	if o.Configure != nil {
		o.Configure(options)
	}
	return options, nil
}

// awaitReady waits until the server takes connections, or has said that it never will.
func (n *NATS) awaitReady(log *natsLog) error {
	limit := time.Now().Add(natsReadyLimit)
	for !n.server.ReadyForConnections(100 * time.Millisecond) {
		if log.gaveUp() {
			return errors.New("the server gave up")
		}
		if time.Now().After(limit) {
			return fmt.Errorf("not ready after %s", natsReadyLimit)
		}
	}
	return nil
}

// URL returns where the server listens, as nats://127.0.0.1:4222, or "" if it does not.
func (n *NATS) URL() string {
	if !n.listening {
		return ""
	}
	return n.server.ClientURL()
}

// Connect opens a connection, inside the process if the server does not listen. The caller closes it.
func (n *NATS) Connect(options ...nats.Option) (*nats.Conn, error) {
	if !n.listening {
		options = append(slices.Clone(options), nats.InProcessServer(n.server))
	}
	conn, err := nats.Connect(n.URL(), options...)
	if err != nil {
		return nil, fmt.Errorf("connect to the nats-server of this process: %w", err)
	}
	return conn, nil
}

// Server returns the server itself, for tests that drain it or read its counters.
func (n *NATS) Server() *server.Server { return n.server }

// Shutdown stops the server, waits until its files are closed and releases the directory. Connections to it are cut. A
// second call does nothing.
func (n *NATS) Shutdown() {
	n.shutdown.Do(func() {
		if n.server != nil {
			n.server.Shutdown()
			n.server.WaitForShutdown()
		}
		n.held.unlock()
	})
}

// storeMarker is the file that makes a directory ours, and by its lock, one process's.
const storeMarker = "jetsheet-nats.lock"

func claimStore(dir string) (lock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return lock{}, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return lock{}, err
	}
	marker := filepath.Join(dir, storeMarker)
	if _, err := os.Stat(marker); err != nil {
		for _, e := range entries {
			if e.Name() != server.JetStreamStoreDir {
				return lock{}, fmt.Errorf("%s is not a NATS store: it holds %s; choose an empty directory", dir, e.Name())
			}
		}
	}
	held, ok, err := tryLock(marker, exclusive)
	if err == nil && !ok {
		err = fmt.Errorf("%s is in use by another nats-server; stop it or choose another directory", dir)
	}
	return held, err
}

// checkRecovered compares the streams on disk with those that the server has: it starts without a stream whose files it
// cannot read, and says so only in its log.
func (n *NATS) checkRecovered(dir string) error {
	on, err := filepath.Glob(filepath.Join(dir, server.JetStreamStoreDir, "*", "streams", "*", server.JetStreamMetaFile))
	if err != nil {
		return err
	}
	info, err := n.server.Jsz(&server.JSzOptions{Accounts: true, Streams: true})
	if err != nil {
		return fmt.Errorf("read the recovered state: %w", err)
	}
	has := map[string]bool{}
	for _, account := range info.AccountDetails {
		for _, stream := range account.Streams {
			has[filepath.Join(account.Name, "streams", stream.Name)] = true
		}
	}
	for _, meta := range on {
		stream := filepath.Dir(meta)
		rel, err := filepath.Rel(filepath.Join(dir, server.JetStreamStoreDir), stream)
		if err != nil {
			return err
		}
		if name := filepath.Base(stream); name[0] != '.' && !has[rel] { // a dot: being deleted
			return fmt.Errorf("stream %s could not be recovered; restore %s from a copy, or move it away to go on without it", name, stream)
		}
	}
	return nil
}
