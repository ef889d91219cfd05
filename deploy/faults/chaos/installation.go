//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet/deploy/local"
)

// bucket is the S3 bucket of the workbooks.
const bucket = "exports"

// roleFlags make what a fault leaves behind be taken over within seconds.
var roleFlags = map[string][]string{
	"producer": {"--producer-claim-ttl=2s", "--producer-interval=2s", "--producer-lane-window=50"},
	"renderer": {"--renderer-slots=3", "--renderer-grace=2s", "--renderer-pictures-bucket=" + pictureBucket},
	"uploader": {"--uploader-slots=3", "--uploader-patience=3s", "--uploader-previous-bucket=" + previousBucket},
}

// installation is a whole jetsheet of separate processes with all that it works on.
type installation struct {
	dir      string // of everything that goes with the harness
	database *database
	nats     *process
	natsURL  string
	s3       *local.S3
	roles    map[string]*role
	command  *commandLine
	conn     *nats.Conn // past the proxies
	steady   *tcpProxy  // an address of PostgreSQL that stays, for commands
	js       jetstream.JetStream

	removeDir func() error
}

// role is a role's process with its proxies.
type role struct {
	*process
	nats, postgres *tcpProxy
	s3             *s3Proxy
}

// install starts what the roles work on, sets it up and starts them. After an error
// nothing is left.
func install(ctx context.Context, binary, logs string) (_ *installation, err error) {
	i := &installation{roles: map[string]*role{}}
	defer func() { //nolint:contextcheck // it must close whatever became of ctx
		if err != nil {
			err = errors.Join(err, i.close())
		}
	}()
	if i.dir, i.removeDir, err = local.TempDir(ctx); err != nil {
		return nil, err
	}
	// PostgreSQL may run as another user, who must get at its directory.
	if err := os.Chmod(i.dir, 0o711); err != nil { //nolint:gosec // see above
		return nil, err
	}
	if i.database, err = startDatabase(ctx, filepath.Join(i.dir, "postgres")); err != nil {
		return nil, err
	}
	if i.steady, err = startTCPProxy(i.database.dial); err != nil { //nolint:contextcheck // close ends it
		return nil, err
	}
	if i.s3, err = local.StartS3(local.S3Options{Dir: filepath.Join(i.dir, "s3")}); err != nil { //nolint:contextcheck // Close ends it
		return nil, err
	}
	if err := i.startNATS(ctx, filepath.Join(logs, "nats-server.log")); err != nil {
		return nil, err
	}
	if err := i.setUp(ctx, binary); err != nil {
		return nil, err
	}
	for _, name := range allRoles() {
		if i.roles[name], err = i.startRole(name, binary, filepath.Join(logs, name+".log")); err != nil { //nolint:contextcheck // close ends it
			return nil, err
		}
	}
	return i, nil
}

func (i *installation) startNATS(ctx context.Context, logFile string) error {
	address, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	i.natsURL = "nats://" + address
	if i.nats, err = newNATSServer(filepath.Join(i.dir, "nats"), address, logFile); err != nil {
		return err
	}
	if err := i.nats.start(); err != nil {
		return err
	}
	i.conn, err = nats.Connect(i.natsURL, nats.Name("chaos"), nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond),
		nats.RetryOnFailedConnect(true), nats.PingInterval(2*time.Second))
	if err != nil {
		return fmt.Errorf("connect to %s: %w", i.natsURL, err)
	}
	if i.js, err = jetstream.New(i.conn); err != nil {
		return fmt.Errorf("JetStream: %w", err)
	}
	return nil
}

func freeAddress(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	address := listener.Addr().String()
	return address, listener.Close()
}

// setUp makes streams, buckets and reports.
func (i *installation) setUp(ctx context.Context, binary string) error {
	reports, home := filepath.Join(i.dir, "reports"), filepath.Join(i.dir, "home")
	for _, dir := range []string{reports, home} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
	}
	if err := writeDefinitions(reports); err != nil {
		return err
	}
	i.command = &commandLine{binary: binary, env: i.environment(i.natsURL, i.database.through(i.steady.address()), i.s3.Endpoint())}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if _, err := i.command.insist(ctx, []int{exitDone}, "setup", "--no-previous-system", "--setup-ack-wait="+lease.String()); err != nil {
		return err
	}
	if err := i.setUpForms(ctx, reports); err != nil {
		return err
	}
	// By the calendar: two days that have passed, and every minute from now on.
	now := time.Now().UTC()
	for name, from := range map[string]time.Time{
		reportStill: now.AddDate(0, 0, -2), reportMoving: now.AddDate(0, 0, -1), reportLarge: now.AddDate(0, 0, -1),
		reportForms: now.AddDate(0, 0, -1), reportMinutely: now.Add(-2 * time.Minute),
	} {
		if _, err := i.command.insist(ctx, []int{exitDone}, "reports", "apply", filepath.Join(reports, name+".yaml"), "--from", from.Format(time.RFC3339)); err != nil {
			return err
		}
	}
	return nil
}

// environment is all that a process of jetsheet is given.
func (i *installation) environment(natsURL, databaseURL, s3Endpoint string) []string {
	access, secret := i.s3.Credentials()
	home := filepath.Join(i.dir, "home")
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home,
		"JETSHEET_NATS_URL=" + natsURL, "JETSHEET_DATABASE_URL=" + databaseURL,
		"JETSHEET_S3_BUCKET=" + bucket, "JETSHEET_S3_ENDPOINT=" + s3Endpoint, "JETSHEET_S3_PATH_STYLE=true", "JETSHEET_S3_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=" + access, "AWS_SECRET_ACCESS_KEY=" + secret,
		"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
	}
}

// startRole starts a role's proxies and its process.
func (i *installation) startRole(name, binary, logFile string) (_ *role, err error) {
	r := &role{}
	defer func() {
		if err != nil {
			r.closeProxies()
		}
	}()
	server := strings.TrimPrefix(i.natsURL, "nats://")
	if r.nats, err = startTCPProxy(func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", server)
	}); err != nil {
		return nil, err
	}
	if r.postgres, err = startTCPProxy(i.database.dial); err != nil {
		return nil, err
	}
	if r.s3, err = startS3Proxy(i.s3.Endpoint()); err != nil {
		return nil, err
	}
	env := i.environment("nats://"+r.nats.address(), i.database.through(r.postgres.address()), r.s3.endpoint())
	kind, _, _ := strings.Cut(name, "-")
	r.process = &process{name: name, logFile: logFile, command: func() *exec.Cmd {
		command := exec.Command(binary, append([]string{kind}, roleFlags[kind]...)...) //nolint:noctx,gosec // the binary that we built; the supervisor ends it
		command.Env = env
		return command
	}}
	return r, r.start()
}

func (r *role) closeProxies() {
	for _, p := range []*tcpProxy{r.nats, r.postgres} {
		if p != nil {
			p.close()
		}
	}
	if r.s3 != nil {
		r.s3.close()
	}
}

// processes are all that were started, nats-server last.
func (i *installation) processes() []*process {
	var all []*process
	for _, name := range allRoles() {
		if r := i.roles[name]; r != nil {
			all = append(all, r.process)
		}
	}
	if i.nats != nil {
		all = append(all, i.nats)
	}
	return all
}

// close ends everything at once and removes its data. It may be called after endRoles.
func (i *installation) close() error {
	var failed error
	if i.conn != nil {
		i.conn.Close()
	}
	for _, r := range i.roles {
		if r != nil {
			_, err := r.close(context.Background(), syscall.SIGKILL)
			failed = errors.Join(failed, err)
			r.closeProxies()
		}
	}
	if i.nats != nil {
		_, err := i.nats.close(context.Background(), syscall.SIGTERM)
		failed = errors.Join(failed, err)
	}
	if i.steady != nil {
		i.steady.close()
	}
	if i.s3 != nil {
		failed = errors.Join(failed, i.s3.Close())
	}
	if i.database != nil {
		failed = errors.Join(failed, i.database.stop())
	}
	if i.removeDir != nil {
		failed = errors.Join(failed, i.removeDir())
	}
	return failed
}

// names returns the names of a map's keys in their order.
func names[V any](m map[string]V) []string {
	list := make([]string, 0, len(m))
	for name := range m {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}
