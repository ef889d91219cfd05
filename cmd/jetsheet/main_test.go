package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

func TestMain(m *testing.M) {
	// Most of these tests wait for the processes that they start: with one a core the
	// package takes longer than go test lets it. What the command line says counts.
	if err := flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0))); err != nil {
		panic(err)
	}
	testscript.Main(localtest.Wrapped{M: m}, map[string]func(){
		"jetsheet":   main,
		"connect":    connectMain,
		"await":      awaitMain,
		"natsserver": natsServerMain,
		"legacy":     legacyMain,
		"glutton":    gluttonMain,
	})
}

// connectMain is a program with jetsheet's settings, errors and exit codes that opens
// one connection: the scripts about connections need no command that does more.
func connectMain() {
	ctx, release := interruptible(context.Background(), os.Exit)
	a := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, env: newEnvironment(os.Environ())}
	code := a.exitCode(ctx, a.run(ctx, &connectCommands{}, os.Args[1:]))
	release()
	os.Exit(code)
}

type connectCommands struct {
	Help     helpFlag            `name:"help"`
	Config   string              `name:"config"`
	Log      logSettings         `embed:"" prefix:"log-" group:"log settings"`
	Database openDatabaseCommand `cmd:"" name:"database"`
	NATS     openNATSCommand     `cmd:"" name:"nats"`
	S3       openS3Command       `cmd:"" name:"s3"`
}

func (c *connectCommands) logger(w io.Writer) *slog.Logger { return c.Log.logger(w) }

type openDatabaseCommand struct {
	Role     string           `name:"role"`
	Database databaseSettings `embed:"" prefix:"database-" group:"database settings"`
}

func (c *openDatabaseCommand) Run(ctx context.Context, app *app) error {
	pool, err := app.openDatabase(ctx, &c.Database, c.Role)
	if err != nil {
		return err
	}
	defer pool.Close()
	_, err = fmt.Fprintln(app.stdout, "opened", pool.Config().ConnConfig.Database)
	return err
}

type openNATSCommand struct {
	Role    string       `name:"role"`
	Publish string       `name:"publish"`
	NATS    natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`
}

func (c *openNATSCommand) Run(ctx context.Context, app *app) error {
	link, err := app.openNATS(ctx, &c.NATS, c.Role)
	if err != nil {
		return err
	}
	defer link.Close()
	if c.Publish != "" {
		err = link.Do(ctx, func(ctx context.Context) error {
			_, err := link.JetStream.Publish(ctx, c.Publish, nil)
			return err
		})
		if err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(app.stdout, "opened %q %q\n", link.Opts.InboxPrefix, link.Opts.Name)
	return err
}

type openS3Command struct {
	Role string     `name:"role"`
	S3   s3Settings `embed:"" prefix:"s3-" group:"S3 settings"`
}

func (c *openS3Command) Run(ctx context.Context, app *app) error {
	client, bucket, err := app.openS3(ctx, &c.S3, c.Role)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(app.stdout, "opened", bucket, client.Options().Region)
	return err
}

// TestScripts runs testdata/script on the real main, in processes of their own that
// start without any variable of ours or of the ecosystem.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "home", ".config"))
			env.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			env.Values[testKey{}] = env.T()
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"traps":      setTraps,
			"startnats":  startNATS,
			"database":   makeDatabase,
			"starts3":    startS3,
			"unusedport": unusedPort,
			"workbook":   writeWorkbook,
			"code":       runForCode,

			"topology":    startTopology,
			"sqldatabase": makeSQLDatabase,
			"sample":      makeSample,
			"storerun":    storeRun,
			"storereport": storeReport,

			"services":   startServices,
			"eventually": eventually,
			"sql":        execSQL,
			"damage":     damageWorkbooks,

			"flagdocument": storeFlags,
		},
	})
}

// setTraps gives the variables of real systems values that fail loudly.
func setTraps(ts *testscript.TestScript, _ bool, _ []string) {
	traps := localtest.Traps()
	for _, name := range slices.Sorted(maps.Keys(traps)) {
		ts.Setenv(name, traps[name])
	}
}

// runForCode runs a program and checks its exit code: code 2 jetsheet --bogus.
func runForCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N program [args...]")
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%s: %v", strings.Join(args[1:], " "), err)
		}
		got = exit.ExitCode()
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("%s: exit code %d, want %s", strings.Join(args[1:], " "), got, args[0])
	}
}
