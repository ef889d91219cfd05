package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// startLimit covers the recovery of a durable directory after a crash, seconds for what a demo writes.
	startLimit = 2 * time.Minute
	stopLimit  = 30 * time.Second
	// pollEvery is how often a state that nobody announces is looked at: a file, a foreign process.
	pollEvery = 5 * time.Millisecond
)

// postgresServer is a server process of our own with its directories.
type postgresServer struct {
	binaries  binaries
	as        account
	home      string // temporary: socket, and the data unless it is kept
	data      string
	log       string
	durable   bool
	surviving bool
	port      int
	url       *url.URL
	process   *process
	entry     *registration
}

func startServer(ctx context.Context, o PostgresOptions) (_ *postgresServer, err error) {
	s := &postgresServer{durable: o.Durable, surviving: o.surviving}
	if s.as, err = serverAccount(); err != nil {
		return nil, err
	}
	if s.binaries, err = findBinaries(ctx, o.binaries); err != nil {
		return nil, err
	}
	if err := reapOrphans(ctx); err != nil {
		return nil, err
	}
	if err := s.place(ctx, o.Dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stop(ctx))
		}
	}()
	if err := s.prepare(ctx, o); err != nil {
		return nil, err
	}
	return s, s.run(ctx, o)
}

// place chooses the directories, registers them and makes the temporary one.
func (s *postgresServer) place(ctx context.Context, keep string) error {
	base, err := socketBase(s.as, keep == "" && !s.durable)
	if err != nil {
		return err
	}
	s.home = homeIn(base)
	s.data, s.log = filepath.Join(s.home, "data"), filepath.Join(s.home, "postgres.log")
	if keep != "" {
		if keep, err = filepath.Abs(keep); err != nil {
			return err
		}
		s.data, s.log = filepath.Join(keep, "data"), filepath.Join(keep, "postgres.log")
	}
	if s.entry, err = register(ctx, owned{Home: s.home, Data: s.data}); err != nil {
		return err
	}
	if err := s.as.mkdir(s.home); err != nil {
		return errors.Join(err, s.entry.remove())
	}
	return nil
}

// prepare gives the server a data directory: the kept one, or a copy of a fresh cluster.
func (s *postgresServer) prepare(ctx context.Context, o PostgresOptions) error {
	if o.Dir != "" {
		if _, err := os.Stat(filepath.Join(s.data, "PG_VERSION")); err == nil {
			return s.checkKept()
		}
		if err := s.as.mkdirReachable(filepath.Dir(s.data)); err != nil {
			return err
		}
	}
	return freshCluster(ctx, s.binaries, s.as, s.home, s.data)
}

func (s *postgresServer) checkKept() error {
	major, err := os.ReadFile(filepath.Join(s.data, "PG_VERSION"))
	if err != nil {
		return err
	}
	if got := strings.TrimSpace(string(major)); got != s.binaries.version.major() {
		return fmt.Errorf("the data in %s was written by postgresql %s, found is %s (%s): install postgresql %s, or move the directory away to start empty",
			s.data, got, s.binaries.version, s.binaries.dir, got)
	}
	return nil
}

// run starts the process and waits until it accepts connections.
func (s *postgresServer) run(ctx context.Context, o PostgresOptions) error {
	if err := s.address(); err != nil {
		return err
	}
	p, err := launch(ctx, s, s.arguments(o))
	if err != nil {
		return err
	}
	s.process = p
	ctx, cancel := context.WithTimeoutCause(ctx, startLimit, fmt.Errorf("not ready after %s", startLimit))
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		// The id tells our server from one that has the directory already, or left its file there when it crashed.
		if state, err := readPostmaster(s.data); err == nil && state.ready && state.pid == p.pid {
			return nil
		}
		select {
		case <-tick.C:
		case <-p.done:
			return fmt.Errorf("the server ended: %w%s", p.err, tail(s.log))
		case <-ctx.Done():
			return fmt.Errorf("wait for the server: %w%s", context.Cause(ctx), tail(s.log))
		}
	}
}

func (s *postgresServer) arguments(o PostgresOptions) []string {
	settings := map[string]string{
		"listen_addresses": "",
		"port":             strconv.Itoa(s.port),
		"max_connections":  strconv.Itoa(cmp.Or(o.MaxConnections, 200)),
		"timezone":         "UTC",
		"log_timezone":     "UTC",
		"shared_buffers":   "64MB",
		"jit":              "off",
	}
	s.listen(settings)
	if !o.Durable {
		for _, name := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
			settings[name] = "off"
		}
		settings["wal_level"], settings["max_wal_senders"] = "minimal", "0"
		settings["checkpoint_timeout"] = "1h"
	}
	maps.Copy(settings, o.Settings)
	args := []string{"-D", s.data}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	return args
}

// stop ends the process, waits for it, and removes what was temporary. It may be called on a server that was only
// half started. A cancelled ctx does not keep it from waiting.
func (s *postgresServer) stop(ctx context.Context) error {
	var failed error
	if s.process != nil {
		failed = s.process.stop(ctx, s)
	}
	if err := removeAll(s.home); err != nil {
		failed = errors.Join(failed, fmt.Errorf("remove the server's directory: %w", err))
	}
	return errors.Join(failed, s.entry.remove())
}

// postmaster is what a running server tells in its postmaster.pid.
type postmaster struct {
	pid   int
	data  string
	ready bool
}

func readPostmaster(data string) (postmaster, error) {
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return postmaster{}, err
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) < 2 {
		return postmaster{}, fmt.Errorf("read %s: incomplete", filepath.Join(data, "postmaster.pid"))
	}
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil {
		return postmaster{}, fmt.Errorf("read %s: %w", filepath.Join(data, "postmaster.pid"), err)
	}
	ready := len(lines) > 7 && strings.TrimSpace(lines[7]) == "ready"
	return postmaster{pid: pid, data: strings.TrimSpace(lines[1]), ready: ready}, nil
}

// tail returns the end of a log for an error message, on lines of its own.
func tail(path string) string {
	text, err := os.ReadFile(path)
	if err != nil || len(text) == 0 {
		return ""
	}
	const most = 2000
	if len(text) > most {
		text = text[len(text)-most:]
	}
	return "\n" + strings.TrimSpace(string(text))
}

// removeAll is os.RemoveAll for a directory in which a dying server may still be removing files itself.
func removeAll(dir string) error {
	var err error
	for range 3 {
		if err = os.RemoveAll(dir); err == nil || errors.Is(err, fs.ErrPermission) {
			return err
		}
	}
	return err
}
