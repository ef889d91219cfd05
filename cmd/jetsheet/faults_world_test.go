package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/faults"
)

// faultRoles are the roles whose connections faults are put into, with flags that make
// what a fault leaves behind be taken over within seconds.
var faultRoles = map[string][]string{
	"producer": {"--producer-claim-ttl=2s", "--producer-interval=2s"},
	"renderer": {"--renderer-slots=2", "--renderer-grace=100ms"},
	"uploader": {"--uploader-slots=2"},
	"ops":      nil,
}

// faultWorld is an installation whose roles reach NATS, PostgreSQL and S3 through proxies
// only. What checks it goes directly.
type faultWorld struct {
	*installation
	director *faults.Director
	roles    map[string]*faultRole
	s3       map[string]*faults.S3
	report   string // definition with {NAME} and {CRON}

	names          int       // used so far
	asked          time.Time // last tick that ops was asked for
	samples        int       // of the conservation law
	leavesParts    bool      // the fault under way leaves an upload that nobody knows of
	acceptedBefore map[string]int
}

// newFaultWorld starts an installation and its roles.
func newFaultWorld(t *testing.T, schema string) *faultWorld {
	t.Helper()
	w := &faultWorld{
		installation: install(t, schema), report: readTestdata(t, "faults", "report.yaml"),
		roles: map[string]*faultRole{}, s3: map[string]*faults.S3{}, acceptedBefore: map[string]int{},
	}
	w.director = faults.NewDirector(func(role string) { w.roles[role].crash() })
	for name, flags := range faultRoles {
		w.roles[name] = &faultRole{name: name, args: append([]string{name}, flags...), env: w.proxies(name), log: &lockedBuffer{}}
	}
	for _, role := range w.roles {
		if err := role.start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(role.end)
	}
	return w
}

// proxies starts a role's proxies and returns its environment.
func (w *faultWorld) proxies(role string) []string {
	w.t.Helper()
	server, err := url.Parse(w.conn.ConnectedUrl())
	if err != nil {
		w.t.Fatal(err)
	}
	nats, err := faults.StartNATS(w.director, role, server.Host)
	if err != nil {
		w.t.Fatal(err)
	}
	s3, err := faults.StartS3(w.director, role, w.installation.s3.Endpoint(), jetsheet.RecordPrefix)
	if err != nil {
		w.t.Fatal(err)
	}
	config, err := pgconn.ParseConfig(w.database)
	if err != nil {
		w.t.Fatal(err)
	}
	network, address := pgconn.NetworkAddress(config.Host, config.Port)
	postgres, err := faults.StartPostgres(w.director, role, network, address)
	if err != nil {
		w.t.Fatal(err)
	}
	w.s3[role] = s3
	w.t.Cleanup(func() {
		if err := errors.Join(nats.Close(), s3.Close(), postgres.Close()); err != nil {
			w.t.Error(err)
		}
	})
	return append(slices.Clone(w.env),
		"JETSHEET_NATS_URL="+nats.URLs(),
		"JETSHEET_S3_ENDPOINT="+s3.Endpoint(),
		"JETSHEET_DATABASE_URL="+databaseThrough(w.t, w.database, postgres.Addr(), config))
}

// databaseThrough is a database's URL with another server in it.
func databaseThrough(t *testing.T, database, address string, config *pgconn.Config) string {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	u.Host, u.User = net.JoinHostPort(host, port), url.UserPassword(config.User, config.Password)
	query := u.Query()
	query.Del("host")
	query.Del("port")
	query.Set("sslmode", "disable")
	u.RawQuery = query.Encode()
	return u.String()
}

// accepted returns how many writes S3 has accepted under a key, by any role.
func (w *faultWorld) accepted(key string) int {
	n := 0
	for _, s3 := range w.s3 {
		n += s3.Accepted("/" + w.bucket + "/" + key)
	}
	return n
}

// faultRole is a role as a process that is killed and started again.
type faultRole struct {
	name string
	args []string
	env  []string
	log  *lockedBuffer

	mu      sync.Mutex
	command *exec.Cmd
	exited  chan struct{} // closed when the present process has ended
	ended   bool
}

func (r *faultRole) start() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.startLocked()
}

func (r *faultRole) startLocked() error {
	if r.ended {
		return nil
	}
	r.command = exec.Command("jetsheet", r.args...)
	r.command.Env, r.command.Stdout, r.command.Stderr = r.env, r.log, r.log
	if err := r.command.Start(); err != nil {
		return fmt.Errorf("start %s: %w", r.name, err)
	}
	exited := make(chan struct{})
	r.exited = exited
	command := r.command
	go func() {
		defer close(exited)
		_ = command.Wait() // a killed process has no result
	}()
	return nil
}

// crash kills the process without a word and starts another.
func (r *faultRole) crash() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kill()
	if err := r.startLocked(); err != nil {
		_, _ = fmt.Fprintln(r.log, err) // the role is then found to have ended
	}
}

func (r *faultRole) kill() {
	if r.command == nil {
		return
	}
	_ = r.command.Process.Kill() // it may have ended by itself
	<-r.exited
}

// replace asks the process to end, and starts another when it has.
func (r *faultRole) replace() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.command.Process.Signal(os.Interrupt) // it may have been killed
	timer := time.NewTimer(settleLimit)
	defer timer.Stop()
	select {
	case <-r.exited:
	case <-timer.C:
		return fmt.Errorf("%s does not end on a signal", r.name)
	}
	return r.startLocked()
}

// end kills the process for good.
func (r *faultRole) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	r.kill()
}

// alive says whether the process has not ended by itself.
func (r *faultRole) alive() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.exited:
		return false
	default:
		return true
	}
}

// started says how often a role has said that it works.
func (r *faultRole) started() int { return strings.Count(r.log.String(), `msg="role started"`) }

// name returns a report's name that was not used before.
func (w *faultWorld) name(kind string) string {
	w.names++
	return kind + "-" + strconv.Itoa(w.names)
}

// ready waits until every role works.
func (w *faultWorld) ready() {
	w.t.Helper()
	for _, role := range w.roles {
		w.await(role.name+" started", settleLimit, func() bool { return role.started() > 0 })
	}
}

// alive says whether all roles are there.
func (w *faultWorld) alive() error {
	for name, role := range w.roles {
		if !role.alive() {
			return fmt.Errorf("%s has ended by itself:\n%s", name, tail(role.log.String()))
		}
	}
	return nil
}
