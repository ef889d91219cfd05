package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/nats-io/nats.go"
)

// settingsOf returns every setting of the program, from the model that kong makes.
func settingsOf(t *testing.T) []*kong.Flag {
	t.Helper()
	parser, err := kong.New(newCommands(), kong.NoDefaultHelp())
	if err != nil {
		t.Fatal(err)
	}
	return allSettings(parser.Model.Node)
}

// candidates are values of the setting, one for each source where its type has so many.
// Secrets show as set.
func candidates(t *testing.T, flag *kong.Flag) []string {
	t.Helper()
	switch {
	case flag.Tag.Type == "path": // kong makes it absolute
		dir := t.TempDir()
		return []string{filepath.Join(dir, "1"), filepath.Join(dir, "2"), filepath.Join(dir, "3"), filepath.Join(dir, "4")}
	case flag.Enum != "":
		return slices.Repeat(flag.EnumSlice(), 4)[:4]
	case flag.Target.Type() == reflect.TypeFor[time.Duration]():
		return []string{"1s", "2s", "3s", "4s"}
	}
	switch flag.Target.Kind() {
	case reflect.Bool:
		return []string{"true", "false", "true", "false"}
	case reflect.String, reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint32, reflect.Uint64, reflect.Float64, reflect.Slice:
		return []string{"11", "12", "13", "14"}
	default:
		t.Fatalf("setting %s has the type %s: say here what its values are", flag.Name, flag.Target.Type())
		return nil
	}
}

// shownSetting runs the settings command and returns one line of its output.
func shownSetting(t *testing.T, name string, args, env []string) settingLine {
	t.Helper()
	var stdout, stderr bytes.Buffer
	args = append([]string{"settings", "--json"}, args...)
	if code := run(t.Context(), args, nil, &stdout, &stderr, env); code != exitDone || stderr.Len() > 0 {
		t.Fatalf("jetsheet %q with %q: exit code %d, %s", args, env, code, stderr.String())
	}
	lines := json.NewDecoder(&stdout)
	for lines.More() {
		var line settingLine
		if err := lines.Decode(&line); err != nil {
			t.Fatal(err)
		}
		if line.Name == name {
			return line
		}
	}
	t.Fatalf("jetsheet %q does not show %s", args, name)
	return settingLine{}
}

// TestPrecedence holds for every setting of the program, also of those to come: flag
// beats variable beats ecosystem's variable beats file beats default.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	for _, flag := range settingsOf(t) {
		t.Run(flag.Name, func(t *testing.T) {
			t.Parallel()
			values := candidates(t, flag)
			file := filepath.Join(t.TempDir(), "settings.yaml")
			writeFile(t, file, fmt.Sprintf("%s: %q\n", fileKey(flag.Name), values[3]))
			p := precedence{t: t, flag: flag}
			p.checkDefault()
			p.env = []string{configVariable + "=" + file}
			p.check(values[3], "file "+file)
			for _, name := range slices.Backward(ecosystemVariables(flag)) {
				p.env = append(p.env, name+"="+values[2])
				p.check(values[2], "variable "+name)
			}
			p.env = append(p.env, variableName(flag.Name)+"="+values[1])
			p.check(values[1], "variable "+variableName(flag.Name))
			if !isSecret(flag) {
				p.check(values[0], "flag", "--"+flag.Name+"="+values[0])
			}
		})
	}
}

// precedence checks one setting against what the environment holds so far.
type precedence struct {
	t    *testing.T
	flag *kong.Flag
	env  []string
}

func (p *precedence) check(value, source string, args ...string) {
	p.t.Helper()
	got := shownSetting(p.t, p.flag.Name, args, p.env)
	if isSecret(p.flag) {
		value = "set"
	}
	want := settingLine{
		Name: p.flag.Name, Variable: variableName(p.flag.Name), Key: fileKey(p.flag.Name),
		Value: value, Source: source, Roles: got.Roles,
	}
	if !reflect.DeepEqual(got, want) {
		p.t.Errorf("%s with %q and %q:\ngot  %+v\nwant %+v", p.flag.Name, args, p.env, got, want)
	}
}

func (p *precedence) checkDefault() {
	p.t.Helper()
	want := p.flag.Default
	zero := fmt.Sprint(reflect.Zero(p.flag.Target.Type()).Interface())
	switch {
	case isSecret(p.flag):
		want = "unset"
	case p.flag.Name == "nats-url": // what the client library takes
		want = nats.DefaultURL
	case want == "" && !p.flag.IsSlice():
		want = zero
	}
	got := shownSetting(p.t, p.flag.Name, nil, nil)
	if got.Source != "default" || !sameValue(got.Value, want) {
		p.t.Errorf("%s by default: got %q from %s, want %q from default", p.flag.Name, got.Value, got.Source, want)
	}
}

// sameValue compares values; durations by what they mean.
func sameValue(got, want string) bool {
	a, errA := time.ParseDuration(got)
	b, errB := time.ParseDuration(want)
	return got == want || (errA == nil && errB == nil && a == b)
}

// TestSettingsAreWellFormed holds what groups of settings promise; see settings.go.
func TestSettingsAreWellFormed(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)+$`)
	for _, flag := range settingsOf(t) {
		switch {
		case !form.MatchString(flag.Name):
			t.Errorf("setting %q: want a group's prefix and a name, in lower case with dashes", flag.Name)
		case flag.Help == "":
			t.Errorf("setting %s has no help", flag.Name)
		case flag.Required:
			t.Errorf("setting %s is required: kong's error would not name the variable", flag.Name)
		case len(flag.Envs) > 0:
			t.Errorf("setting %s has kong's env tag: variables are derived", flag.Name)
		case isSecret(flag) && (!flag.Hidden || flag.Target.Kind() != reflect.String):
			t.Errorf("secret %s: want a hidden string", flag.Name)
		}
	}
}

func TestDerivedNames(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ flag, variable, key string }{
		{"renderer-slots", "JETSHEET_RENDERER_SLOTS", "rendererSlots"},
		{"nats-tls-ca", "JETSHEET_NATS_TLS_CA", "natsTlsCa"},
		{"s3-path-style", "JETSHEET_S3_PATH_STYLE", "s3PathStyle"},
	} {
		if got := variableName(test.flag); got != test.variable {
			t.Errorf("variable of %s: got %s, want %s", test.flag, got, test.variable)
		}
		if got := fileKey(test.flag); got != test.key {
			t.Errorf("file key of %s: got %s, want %s", test.flag, got, test.key)
		}
	}
}

func TestRedactURLs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{"nats://h:4222", "nats://h:4222"},
		{"nats://u:secret@h:4222", "nats://xxxxx@h:4222"},
		{"u:secret@h", "xxxxx@h"},
		{"secret@h", "xxxxx@h"},
		{"nats://u:secret@h1, tls://v:secret@h2", "nats://xxxxx@h1, tls://xxxxx@h2"},
		{"nats://u:secret,secret@h", "nats://xxxxx@h"},
		{"nats://u:secret@secret@h", "nats://xxxxx@h"},
		{"nats://u:secret/secret#secret@h", "nats://xxxxx@h"},
		{"postgres://u:%zzsecret@h/d?x=1", "postgres://xxxxx@h/d?x=1"},
	} {
		if got := redactURLs(test.text); got != test.want {
			t.Errorf("redactURLs(%q) = %q, want %q", test.text, got, test.want)
		}
	}
}

func FuzzRedactURLs(f *testing.F) {
	f.Add("p@ss,w/rd", "host")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, password, host string) {
		if strings.Contains(password, "://") || strings.ContainsAny(host, "@/") {
			t.Skip("the text would have another URL in it, or end its user part elsewhere")
		}
		if got, want := redactURLs("nats://user:"+password+"@"+host), "nats://xxxxx@"+host; got != want {
			t.Errorf("password %q, host %q: got %q, want %q", password, host, got, want)
		}
	})
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
