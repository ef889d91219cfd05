package main

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
)

// origin is the kind of place that a value comes from.
type origin string

const (
	fromFlag     origin = "flag"
	fromVariable origin = "variable"
	fromFile     origin = "file"
	fromDefault  origin = "default"
)

// source is where a setting has its value from. Name is the variable's or the file's.
type source struct {
	Origin origin
	Name   string
}

func (s source) String() string {
	if s.Name == "" {
		return string(s.Origin)
	}
	return string(s.Origin) + " " + s.Name
}

// settingsResolver finds the values of settings outside of the command line and
// remembers where they were. It is kong's only resolver: between several, the last
// wins whatever it is, and a file would beat a variable.
type settingsResolver struct {
	env     environment
	file    *settingsFile // nil until loaded, or without one
	loaded  bool
	sources map[string]source // by flag
}

func newSettingsResolver(env environment) *settingsResolver {
	return &settingsResolver{env: env, sources: map[string]source{}}
}

// loadFile reads the settings file before the first setting is resolved. kong calls it
// for each part of the command line.
func (r *settingsResolver) loadFile(parsed *kong.Context) error {
	if r.loaded {
		return nil
	}
	r.loaded = true
	path, from := r.env[configVariable], "variable "+configVariable
	for _, part := range parsed.Path {
		if part.Flag == nil {
			continue
		}
		if part.Flag.Name == "config" {
			path, from = parsed.Value(part).String(), "--config"
		}
		if isSetting(part.Flag) {
			r.sources[part.Flag.Name] = source{Origin: fromFlag}
		}
	}
	if path == "" {
		return nil
	}
	file, err := readSettingsFile(path, allSettings(parsed.Model.Node))
	if err != nil {
		return usageError("settings file from %s: %w", from, err)
	}
	r.file = file
	return nil
}

// Validate has nothing to say about the command line.
func (r *settingsResolver) Validate(*kong.Application) error { return nil }

// Resolve returns the value of a setting that the command line does not have, or nil.
func (r *settingsResolver) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if !isSetting(flag) {
		return nil, nil
	}
	value, from, err := r.find(flag)
	if err != nil {
		return nil, err
	}
	if from.Origin == fromDefault {
		return nil, nil
	}
	if err := tryValue(flag, value); err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	r.sources[flag.Name] = from
	return value, nil
}

// find looks for a value in the order of precedence.
func (r *settingsResolver) find(flag *kong.Flag) (string, source, error) {
	own := variableName(flag.Name)
	if isSecret(flag) {
		value, from, err := r.secretFile(own)
		if err != nil || from.Name != "" {
			return value, from, err
		}
	}
	for _, name := range append([]string{own}, ecosystemVariables(flag)...) {
		if value := r.env[name]; value != "" {
			return value, source{Origin: fromVariable, Name: name}, nil
		}
	}
	if value, ok := r.file.value(flag); ok {
		return value, source{Origin: fromFile, Name: r.file.path}, nil
	}
	return "", source{Origin: fromDefault}, nil
}

// secretFile reads the file that NAME_FILE names. One line break at its end is not
// part of the secret: editors and most tools write one.
func (r *settingsResolver) secretFile(variable string) (string, source, error) {
	path := r.env[variable+fileSuffix]
	if path == "" {
		return "", source{Origin: fromDefault}, nil
	}
	if r.env[variable] != "" {
		return "", source{}, fmt.Errorf("both %s and %s are set: keep one", variable, variable+fileSuffix)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return "", source{}, fmt.Errorf("read the file in %s: %w", variable+fileSuffix, err)
	}
	secret := strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	if secret == "" {
		return "", source{}, fmt.Errorf("the file in %s is empty", variable+fileSuffix)
	}
	return secret, source{Origin: fromVariable, Name: variable + fileSuffix}, nil
}

// tryValue decodes a value without keeping it, so that an error can name its source.
func tryValue(flag *kong.Flag, value string) error {
	scan := kong.Scan().PushTyped(value, kong.FlagValueToken)
	target := reflect.New(flag.Target.Type()).Elem()
	return flag.Mapper.Decode(&kong.DecodeContext{Value: flag.Value, Scan: scan}, target)
}

// source returns where the setting with that flag has its value from.
func (r *settingsResolver) source(flag string) source {
	if from, ok := r.sources[flag]; ok {
		return from
	}
	return source{Origin: fromDefault}
}

// describe names the setting for an error: by its source if it has a value, otherwise
// by the variable to set.
func (r *settingsResolver) describe(flag string) string {
	switch from := r.source(flag); from.Origin {
	case fromFlag:
		return "--" + flag
	case fromVariable:
		return "variable " + from.Name
	case fromFile:
		return fmt.Sprintf("%s in file %s", fileKey(flag), from.Name)
	default:
		return variableName(flag)
	}
}

// refuseSecretFlags refuses secrets on the command line, which other users of the
// machine can read.
func (r *settingsResolver) refuseSecretFlags(parsed *kong.Context) error {
	for _, part := range parsed.Path {
		if part.Flag != nil && !part.Resolved && isSecret(part.Flag) {
			name := variableName(part.Flag.Name)
			return usageError("--%s: a secret is never given by flag: set %s, or %s to a file that holds it", part.Flag.Name, name, name+fileSuffix)
		}
	}
	return nil
}

// parseError turns kong's error into ours: a usage error that names where a bad value
// came from and which help to read.
func (r *settingsResolver) parseError(parser *kong.Kong, err error) error {
	var decided *exitError
	if errors.As(err, &decided) {
		return decided
	}
	help := "jetsheet --help"
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil {
		if refused := r.refuseSecretFlags(parse.Context); refused != nil {
			return refused
		}
		if node := parse.Context.Selected(); node != nil {
			help = "jetsheet " + node.Path() + " --help"
		}
	}
	return usageError("%w%s (see %q)", err, r.blame(parser, err), help)
}

// blame names the source of the setting that a message begins with, unless it is the
// command line or already named.
func (r *settingsResolver) blame(parser *kong.Kong, err error) string {
	flag, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "--"), " ")
	for _, setting := range allSettings(parser.Model.Node) {
		from, ok := r.sources[setting.Name]
		if ok && setting.Name == flag && from.Origin != fromFlag {
			return fmt.Sprintf(" (from %s)", from)
		}
	}
	return ""
}
