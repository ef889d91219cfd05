package main

import (
	"io"
	"log/slog"
	"strings"

	"github.com/alecthomas/kong"
)

// A setting is a field of a group: a struct that a command embeds with a prefix and
// a group name,
//
//	Renderer renderer.Settings `embed:"" prefix:"renderer-" group:"renderer settings"`
//
// whose fields say once what they are, in plain tags:
//
//	Slots int `name:"slots" default:"4" help:"Workbooks made at once."`
//
// The rest follows from the name: the flag --renderer-slots, the variable
// JETSHEET_RENDERER_SLOTS, the key rendererSlots of the settings file. The flag beats
// the variable, the variable beats the file, the file beats the default. An empty
// variable counts as absent.
//
// Further tags:
//
//   - secret:"" keeps the value off the command line, where other users see it. It
//     comes from the variable, from a file that the variable NAME_FILE names, or from
//     the settings file. Such fields are strings and hidden:"" as well.
//   - ecosystem:"A,B" names other programs' variables, read where ours is absent.
//
// A flag outside of a group belongs to its command alone: no variable, no file key.

// variablePrefix begins the name of every variable.
const variablePrefix = "JETSHEET_"

// configVariable names the settings file where --config does not.
const configVariable = variablePrefix + "CONFIG"

// fileSuffix makes the variable that names a file with a secret.
const fileSuffix = "_FILE"

// variableName is the environment variable of the setting with that flag.
func variableName(flag string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// fileKey is the key of the setting in a settings file: renderer-slots is
// rendererSlots.
func fileKey(flag string) string {
	words := strings.Split(flag, "-")
	for i, word := range words[1:] {
		words[i+1] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}

// isSetting tells a setting from a command's own flag.
func isSetting(flag *kong.Flag) bool { return flag.Group != nil }

func isSecret(flag *kong.Flag) bool { return flag.Tag.Has("secret") }

// ecosystemVariables are other programs' variables for the setting, in the order in
// which they are asked.
func ecosystemVariables(flag *kong.Flag) []string {
	if !flag.Tag.Has("ecosystem") {
		return nil
	}
	return strings.Split(flag.Tag.Get("ecosystem"), ",")
}

// environment is a process's environment.
type environment map[string]string

// newEnvironment reads what os.Environ returns.
func newEnvironment(pairs []string) environment {
	env := make(environment, len(pairs))
	for _, pair := range pairs {
		if name, value, ok := strings.Cut(pair, "="); ok {
			env[name] = value
		}
	}
	return env
}

// databaseSettings say where the records are.
type databaseSettings struct {
	URL string `name:"url" secret:"" hidden:"" ecosystem:"DATABASE_URL" help:"PostgreSQL connection URL. Without it the PG* variables of libpq are used."`
}

// natsSettings say where NATS is and who we are there. What is absent comes from the
// context that the nats CLI has selected, if there is one.
type natsSettings struct {
	URL      string `name:"url" placeholder:"URL" ecosystem:"NATS_URL" help:"NATS servers, separated by commas."`
	Context  string `name:"context" placeholder:"NAME" ecosystem:"NATS_CONTEXT" help:"Context of the nats CLI; its selected one by default."`
	Creds    string `name:"creds" placeholder:"FILE" ecosystem:"NATS_CREDS" help:"Credentials file."`
	NKey     string `name:"nkey" placeholder:"FILE" ecosystem:"NATS_NKEY" help:"File with an NKey seed."`
	User     string `name:"user" placeholder:"NAME" ecosystem:"NATS_USER" help:"User name."`
	Password string `name:"password" secret:"" hidden:"" ecosystem:"NATS_PASSWORD" help:"Password of the NATS user."`
	Token    string `name:"token" secret:"" hidden:"" ecosystem:"NATS_TOKEN" help:"Token, instead of a NATS user."`
	CA       string `name:"tls-ca" placeholder:"FILE" ecosystem:"NATS_CA" help:"Certificates of the authorities that NATS is trusted by."`
	Cert     string `name:"tls-cert" placeholder:"FILE" ecosystem:"NATS_CERT" help:"Client certificate."`
	Key      string `name:"tls-key" placeholder:"FILE" ecosystem:"NATS_KEY" help:"Key of the client certificate."`
}

// s3Settings say where workbooks go. Credentials, profile and everything else come
// from the AWS SDK's own chain.
type s3Settings struct {
	Bucket string `name:"bucket" placeholder:"NAME" help:"Bucket for workbooks."`
	s3Server
}

// s3Server says which server it is, for every bucket on it.
type s3Server struct {
	Endpoint  string `name:"endpoint" placeholder:"URL" ecosystem:"AWS_ENDPOINT_URL_S3,AWS_ENDPOINT_URL" help:"S3 server that is not AWS."`
	Region    string `name:"region" placeholder:"REGION" ecosystem:"AWS_REGION,AWS_DEFAULT_REGION" help:"Region; us-east-1 for an endpoint of one's own."`
	PathStyle bool   `name:"path-style" help:"Put the bucket into the path instead of the host name. Most servers that are not AWS need it."`
}

// logSettings say how much is logged, and how.
type logSettings struct {
	Level  string `name:"level" default:"info" enum:"debug,info,warn,error" help:"Least level that is logged: ${enum}."`
	Format string `name:"format" default:"text" enum:"text,json" help:"How log lines look: ${enum}."`
}

// logger returns the logger that the settings describe.
func (s *logSettings) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.Level)); err != nil {
		level = slog.LevelInfo // the enum of the tag leaves no such value
	}
	options := &slog.HandlerOptions{Level: level}
	if s.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
