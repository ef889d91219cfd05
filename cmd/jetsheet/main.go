// Command jetsheet turns records in PostgreSQL into Excel workbooks on S3. It has
// one subcommand for each role and for each thing that people do with runs,
// reports and workbooks; "jetsheet COMMAND --help" describes them.
//
//	arguments, environment, settings file ─► commands ─► connections ─► a package's Run
//
// This package is wiring: it reads the settings, opens the connections, hands them
// to the packages that work, and prints. A subcommand is a struct in a file of its
// own (cmd_NAME.go) with a Run method, and a field of [commands]. Its settings are
// embedded groups, see settings.go.
//
// Exit codes: 0 done, 1 error, 2 usage, 3 finished with failures or differences,
// 4 nothing to do, 5 not reachable or not set up, 130 interrupted.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	_ "time/tzdata" // reports have time zones, containers often have none

	"github.com/alecthomas/kong"
)

// commands is the command line: one field for each subcommand, in the order that
// help shows them.
type commands struct {
	Help   helpFlag `name:"help" short:"h" help:"Show help."`
	Config string   `name:"config" placeholder:"FILE" help:"Settings file in YAML (JETSHEET_CONFIG)."`

	Log logSettings `embed:"" prefix:"log-" group:"log settings"`

	Setup     setupCommand     `cmd:"" help:"Make the streams, buckets and first flag document that the roles work on."`
	Producer  producerCommand  `cmd:"" help:"Run the producer: schedules, plans and requests."`
	Renderer  rendererCommand  `cmd:"" help:"Run a renderer: records to workbooks."`
	Uploader  uploaderCommand  `cmd:"" help:"Run an uploader: workbooks to S3."`
	Ops       opsCommand       `cmd:"" help:"Run the service that people and programs ask about runs."`
	Up        upCommand        `cmd:"" help:"Run all roles in one process."`
	Demo      demoCommand      `cmd:"" help:"Make a sample company's workbooks, with everything embedded."`
	Reports   reportsCommand   `cmd:"" help:"Check, preview, apply and look at report definitions."`
	Templates templatesCommand `cmd:"" help:"Store customers' templates, check them, look at them."`
	Runs      runsCommand      `cmd:"" help:"Start runs, look at them, wait for them."`
	Flags     flagsCommand     `cmd:"" help:"Say which system makes which tenants' workbooks, from the next run on."`
	Workbooks workbooksCommand `cmd:"" help:"Find workbooks, download them."`
	Workers   workersCommand   `cmd:"" help:"See which workers live, and what they wait for."`
	Failures  failuresCommand  `cmd:"" help:"Look at failures, try them again, dismiss them."`
	Verify    verifyCommand    `cmd:"" help:"Check a run: its outcomes, its workbooks on S3, every cell against the database."`
	Settings  settingsCommand  `cmd:"" help:"Show every setting, its value and where the value comes from."`
	Compare   compareCommand   `cmd:"" help:"Compare two workbooks cell by cell."`
	Version   versionCommand   `cmd:"" help:"Show the version."`
}

// app is what a command has besides its own flags and settings.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	// env is the process's environment. The libraries of PostgreSQL, NATS and AWS
	// read their own variables themselves.
	env environment
	// settings tells where each setting of the command has its value from.
	settings *settingsResolver
	// log writes to stderr, as log-level and log-format say.
	log *slog.Logger
}

func main() {
	ctx, release := interruptible(context.Background(), os.Exit)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Environ())
	release()
	os.Exit(code)
}

// run is the program without the process: it parses args, runs the command and
// returns the exit code. env holds "NAME=value", like os.Environ.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, env []string) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, env: newEnvironment(env)}
	return a.exitCode(ctx, a.run(ctx, newCommands(), args))
}

// commandLine is a struct of commands in kong's sense.
type commandLine interface {
	// logger is what the log settings of the parsed command line describe.
	logger(w io.Writer) *slog.Logger
}

func (a *app) run(ctx context.Context, line commandLine, args []string) error {
	a.settings = newSettingsResolver(a.env)
	parser, err := kong.New(line, a.parserOptions()...)
	if err != nil {
		return fmt.Errorf("build the command line: %w", err)
	}
	parsed, err := parser.Parse(args)
	var shown *helpShownError
	if errors.As(err, &shown) {
		return shown.err
	}
	if err != nil {
		return a.settings.parseError(parser, err)
	}
	if err := a.settings.refuseSecretFlags(parsed); err != nil {
		return err
	}
	a.log = line.logger(a.stderr)
	parsed.BindTo(ctx, (*context.Context)(nil))
	return parsed.Run(a)
}

func (a *app) parserOptions() []kong.Option {
	return []kong.Option{
		kong.Name("jetsheet"),
		kong.Description("Turns records in PostgreSQL into Excel workbooks on S3, on a schedule, over NATS JetStream."),
		kong.Writers(a.stdout, a.stderr),
		kong.NoDefaultHelp(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}),
		kong.ValueFormatter(settingHelp),
		kong.Help(helpWithSecrets),
		kong.WithBeforeResolve(a.settings.loadFile),
		kong.Resolvers(a.settings),
	}
}

func (c *commands) logger(w io.Writer) *slog.Logger { return c.Log.logger(w) }

// newCommands returns the command line with the settings command filled in: it
// takes the settings of all others.
func newCommands() *commands {
	line := &commands{}
	line.Settings.Groups = settingGroups(line)
	return line
}

// helpFlag prints help and ends the program. kong's own would call os.Exit in the
// middle of parsing.
type helpFlag bool

// helpShownError ends parsing; err is what went wrong with printing, or nil.
type helpShownError struct{ err error }

func (*helpShownError) Error() string { return "help was shown" }

// IgnoreDefault keeps --help from choosing a default command.
func (helpFlag) IgnoreDefault() {}

// BeforeReset prints the help of the command given so far.
func (helpFlag) BeforeReset(parsed *kong.Context) error {
	return &helpShownError{err: parsed.PrintUsage(false)}
}
