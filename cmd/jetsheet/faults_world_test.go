package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
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
	kind     *faultKind
	told     []toldChannel // what ops tells people through
	late     []byte        // a workbook of the previous system that comes last

	names          int          // used so far
	asked          time.Time    // last tick that ops was asked for
	fault          faults.Fault // the one under way
	acceptedBefore map[string]int
}

// newFaultWorld starts an installation and its roles, and waits until they work.
func newFaultWorld(t *testing.T, kind *faultKind) *faultWorld {
	t.Helper()
	w := &faultWorld{
		installation: install(t, kind.schema), kind: kind,
		roles: map[string]*faultRole{}, s3: map[string]*faults.S3{}, acceptedBefore: map[string]int{},
	}
	w.director = faults.NewDirector(func(role string) { w.roles[role].crash() })
	if kind.furnish != nil {
		kind.furnish(w)
	}
	for name, flags := range faultRoles {
		args := slices.Concat([]string{name}, flags, kind.flags[name])
		w.roles[name] = &faultRole{name: name, args: args, env: w.proxies(name), log: &lockedBuffer{}}
	}
	for _, role := range w.roles {
		if err := role.start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(role.end)
	}
	for _, role := range w.roles {
		w.await(role.name+" started", settleLimit, func() bool { return role.started() > 0 })
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

// name returns a report's name that was not used before.
func (w *faultWorld) name(kind string) string {
	w.names++
	return kind + "-" + strconv.Itoa(w.names)
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
