package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// natsServerMain is nats-server as a process of its own: it serves DIR at ADDRESS until
// its standard input ends. A third argument is the most bytes that JetStream may store.
func natsServerMain() {
	options := local.NATSOptions{Dir: os.Args[1], Addr: os.Args[2]}
	if len(os.Args) == 5 && os.Args[3] == "deny" { // everybody that subject
		options.Configure = func(o *server.Options) {
			deny := &server.Permissions{Publish: &server.SubjectPermission{Deny: []string{os.Args[4]}}}
			o.Users, o.NoAuthUser = []*server.User{{Username: "limited", Password: "pa55", Permissions: deny}}, "limited"
		}
	} else if len(os.Args) > 3 {
		most, err := strconv.ParseInt(os.Args[3], 10, 64)
		if err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		options.Configure = func(o *server.Options) { o.JetStreamMaxStore = most }
	}
	server, err := local.StartNATS(options)
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_, _ = fmt.Fprintln(os.Stdout, server.URL())
	_, _ = io.Copy(io.Discard, os.Stdin)
	server.Shutdown()
}

// installation is a whole jetsheet of separate processes: nats-server and the roles;
// S3 is in the test's process, PostgreSQL is shared.
type installation struct {
	t        *testing.T
	env      []string
	database string
	conn     *nats.Conn
	js       jetstream.JetStream
	s3       *local.S3
	bucket   string

	natsDir, natsAddress string
	stopNATS             func()
}

// install starts what the roles work on and runs setup.
func install(t *testing.T, schema string) *installation {
	t.Helper()
	i := &installation{t: t, bucket: "exports", database: localtest.Database(t, local.SQLTemplate(schema))}
	url := i.startNATSServer()
	i.s3 = localtest.StartS3(t, local.S3Options{})
	access, secret := i.s3.Credentials()
	env := maps.Clone(localtest.Traps())
	maps.Copy(env, map[string]string{
		"PATH": os.Getenv("PATH"), "HOME": t.TempDir(), "TMPDIR": t.TempDir(), "GOCOVERDIR": t.TempDir(),
		"JETSHEET_DATABASE_URL": i.database, "JETSHEET_NATS_URL": url, "NATS_CONTEXT": "", "NATS_CREDS": "",
		"JETSHEET_S3_BUCKET": i.bucket, "JETSHEET_S3_ENDPOINT": i.s3.Endpoint(), "JETSHEET_S3_PATH_STYLE": "true", "JETSHEET_S3_REGION": "us-east-1",
		"AWS_ACCESS_KEY_ID": access, "AWS_SECRET_ACCESS_KEY": secret, "AWS_PROFILE": "",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	})
	delete(env, "AWS_PROFILE")
	for name, value := range env {
		i.env = append(i.env, name+"="+value)
	}
	var err error
	if i.conn, err = nats.Connect(url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(i.conn.Close)
	if i.js, err = jetstream.New(i.conn); err != nil {
		t.Fatal(err)
	}
	i.run(exitDone, "setup", "--no-previous-system", "--setup-ack-wait=2s")
	return i
}

// startNATSServer starts nats-server on an empty directory and a free port, and returns
// its URL.
func (i *installation) startNATSServer() string {
	i.t.Helper()
	i.natsDir, i.natsAddress = i.t.TempDir(), "127.0.0.1:0"
	url := i.runNATSServer()
	i.natsAddress = strings.TrimPrefix(url, "nats://")
	return url
}

// runNATSServer starts nats-server where it was before.
func (i *installation) runNATSServer(args ...string) string {
	i.t.Helper()
	server := exec.CommandContext(i.t.Context(), "natsserver", append([]string{i.natsDir, i.natsAddress}, args...)...)
	stdin, err := server.StdinPipe()
	if err != nil {
		i.t.Fatal(err)
	}
	stdout, err := server.StdoutPipe()
	if err != nil {
		i.t.Fatal(err)
	}
	server.Stderr = os.Stderr
	server.Cancel = stdin.Close // when the test ends
	server.WaitDelay = 10 * time.Second
	if err := server.Start(); err != nil {
		i.t.Fatal(err)
	}
	i.stopNATS = sync.OnceFunc(func() {
		_ = stdin.Close()
		_ = server.Wait()
	})
	i.t.Cleanup(i.stopNATS)
	url, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		i.t.Fatalf("nats-server did not start: %v", err)
	}
	return strings.TrimSpace(url)
}

// run runs a command to its end and checks its exit code.
func (i *installation) run(code int, args ...string) (stdout, stderr string) {
	i.t.Helper()
	got, stdout, stderr := i.try(args...)
	if got != code {
		i.t.Fatalf("jetsheet %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, stdout, stderr)
	}
	return stdout, stderr
}

// try runs a command to its end.
func (i *installation) try(args ...string) (code int, stdout, stderr string) {
	i.t.Helper()
	ctx, cancel := context.WithTimeout(i.t.Context(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "jetsheet", args...)
	var out, complaints bytes.Buffer
	command.Env, command.Stdout, command.Stderr = i.env, &out, &complaints
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		i.t.Fatalf("jetsheet %s: %v", strings.Join(args, " "), err)
	}
	return command.ProcessState.ExitCode(), out.String(), complaints.String()
}

// role is a running role.
type role struct {
	i       *installation
	name    string
	command *exec.Cmd
	log     *lockedBuffer
}

// start starts a role as a process. It is stopped, and its log shown, when the test
// ends badly.
func (i *installation) start(name string, args ...string) *role {
	i.t.Helper()
	return i.startBinary("jetsheet", name, args...)
}

// startBinary starts a role of another build.
func (i *installation) startBinary(binary, name string, args ...string) *role {
	i.t.Helper()
	r := &role{i: i, name: name, log: &lockedBuffer{}}
	r.command = exec.Command(binary, append([]string{name}, args...)...)
	r.command.Env, r.command.Stdout, r.command.Stderr = i.env, r.log, r.log
	if err := r.command.Start(); err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() {
		r.kill()
		if i.t.Failed() {
			i.t.Logf("log of %s (%s):\n%s", name, filepath.Base(binary), r.log.String())
		}
	})
	return r
}

// kill kills the process without a word and waits for its end.
func (r *role) kill() {
	_ = r.command.Process.Kill()
	_ = r.command.Wait()
}

// stop asks the process to end and returns its exit code.
func (r *role) stop() int {
	_ = r.command.Process.Signal(os.Interrupt)
	_ = r.command.Wait()
	return r.command.ProcessState.ExitCode()
}

// lockedBuffer is a bytes.Buffer for several writers.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// apply applies a definition whose calendar begins just before the tick.
func (i *installation) apply(definition string, tick time.Time) jetsheet.RunID {
	i.t.Helper()
	d, err := parseReport("report.yaml", []byte(definition))
	if err != nil {
		i.t.Fatal(err)
	}
	kv, err := i.js.KeyValue(i.t.Context(), jetsheet.BucketReports)
	if err != nil {
		i.t.Fatal(err)
	}
	from := application{from: tick.Add(-time.Minute), by: "test", now: time.Now().UTC()}
	if _, err := applyReport(i.t.Context(), kv, d, from); err != nil {
		i.t.Fatal(err)
	}
	return jetsheet.RunID{Tick: tick.UTC(), Report: d.Name}
}

// record reads a run's record; nil when there is none.
func (i *installation) record(id jetsheet.RunID) *jetsheet.Run {
	i.t.Helper()
	kv, err := i.js.KeyValue(i.t.Context(), jetsheet.BucketRuns)
	if err != nil {
		i.t.Fatal(err)
	}
	run, err := readRun(i.t.Context(), kv, id)
	if err != nil {
		i.t.Fatal(err)
	}
	return run
}

// await waits for a condition.
func (i *installation) await(what string, within time.Duration, condition func() bool) {
	i.t.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline.C:
			i.t.Fatalf("%s: not within %s", what, within)
		case <-i.t.Context().Done():
			i.t.Fatalf("%s: %v", what, i.t.Context().Err())
		}
	}
}

// done counts the done records of a run.
func (i *installation) done(id jetsheet.RunID) int {
	i.t.Helper()
	n, err := delivery.Count(i.t.Context(), i.js, jetsheet.StreamDone, jetsheet.RunDoneSubjects(id))
	if err != nil {
		i.t.Fatal(err)
	}
	return n
}

// standings says where each conversion of a run is, in the order in which it moves: a
// conversion that moves while we read is seen twice rather than not at all.
func standings(ctx context.Context, js jetstream.JetStream, id jetsheet.RunID) (map[string]string, error) {
	at := map[string]string{}
	for _, queue := range []struct{ stream, subjects string }{
		{jetsheet.StreamConversions, "conversions.request.*." + id.String() + ".>"},
		{jetsheet.StreamRendered, "conversions.rendered.*." + id.String() + ".>"},
	} {
		stream, err := js.Stream(ctx, queue.stream)
		if err != nil {
			return nil, err
		}
		info, err := stream.Info(ctx, jetstream.WithSubjectFilter(queue.subjects))
		if err != nil {
			return nil, err
		}
		for subject := range info.State.Subjects {
			at[jetsheet.SubjectKey(subject)] = "pending"
		}
	}
	for _, outcome := range []struct{ stream, subjects, name string }{
		{jetsheet.StreamFailed, jetsheet.RunFailedSubjects(id), "failed"},
		{jetsheet.StreamDone, jetsheet.RunDoneSubjects(id), "done"},
	} {
		err := delivery.Scan(ctx, js, outcome.stream, true, func(m jetstream.Msg) error {
			at[jetsheet.SubjectKey(m.Subject())] = outcome.name
			return nil
		}, outcome.subjects)
		if err != nil {
			return nil, err
		}
	}
	return at, nil
}

// conservation counts the samples that were taken while the plan was still being
// published, and after.
type conservation struct{ publishing, open int }

// watchConservation samples expected = done + failed + pending for as long as the test
// runs. While the plan is being published, what is not queued yet is pending by
// definition; what was seen once in any stream must be seen ever after. Once every
// request was queued, no conversion may be nowhere. The result stops it.
func (i *installation) watchConservation(id jetsheet.RunID) func() conservation {
	ctx, cancel := context.WithCancel(i.t.Context())
	runs, err := i.js.KeyValue(ctx, jetsheet.BucketRuns)
	if err != nil {
		i.t.Fatal(err)
	}
	var watching sync.WaitGroup
	var samples conservation
	seen := map[string]string{}
	watching.Go(func() {
		for ctx.Err() == nil {
			run, err := readRun(ctx, runs, id)
			if err != nil || run == nil || run.Plan == nil {
				continue
			}
			at, err := standings(ctx, i.js, id)
			if err != nil {
				continue // the server may be away, or the test over
			}
			if run.State.Before(jetsheet.RunOpen) {
				samples.publishing++
			} else if samples.open++; len(at) != run.Plan.Expected {
				i.t.Errorf("sample %+v: %d conversions are done, failed or pending, want %d", samples, len(at), run.Plan.Expected)
			}
			for key, was := range seen {
				if is, ok := at[key]; !ok || was == "done" && is != "done" {
					i.t.Errorf("sample %+v: conversion %s was %s and is %q", samples, key, was, is)
				}
			}
			if i.t.Failed() {
				return
			}
			seen = at
		}
	})
	return func() conservation {
		cancel()
		watching.Wait()
		return samples
	}
}

// objects lists the keys in the bucket, without records.
func (i *installation) objects() map[string]int64 {
	i.t.Helper()
	keys := map[string]int64{}
	pages := s3.NewListObjectsV2Paginator(i.s3.Client(), &s3.ListObjectsV2Input{Bucket: aws.String(i.bucket)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(i.t.Context())
		if err != nil {
			i.t.Fatal(err)
		}
		for _, object := range page.Contents {
			if !strings.HasPrefix(*object.Key, jetsheet.RecordPrefix) {
				keys[*object.Key] = *object.Size
			}
		}
	}
	return keys
}

// column reads the first column of the first sheet of a workbook, without its header.
func (i *installation) column(key string) []string {
	i.t.Helper()
	book, err := cells.OpenFile(filepath.FromSlash(i.s3.Path(i.bucket, key)), cells.Limits{})
	if err != nil {
		i.t.Fatalf("workbook %s: %v", key, err)
	}
	defer func() { _ = book.Close() }()
	var values []string
	err = book.Sheets()[0].Rows(func(row int, cells []cells.Cell) error {
		if row > 1 {
			values = append(values, cells[0].Text)
		}
		return nil
	})
	if err != nil {
		i.t.Fatalf("workbook %s: %v", key, err)
	}
	return values
}
