package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet/internal/spelling"
)

// settingsCommand prints settings. It takes the settings of every command, so that
// "jetsheet settings --role renderer" with the renderer's own flags, variables and file
// shows what the renderer would see.
type settingsCommand struct {
	Role string `name:"role" placeholder:"COMMAND" help:"Only the settings that this command reads, e.g. renderer."`
	JSON bool   `name:"json" help:"Print one JSON object for each setting."`

	Database databaseSettings `embed:"" prefix:"database-" group:"database settings"`
	NATS     natsSettings     `embed:"" prefix:"nats-" group:"NATS settings"`
	S3       s3Settings       `embed:"" prefix:"s3-" group:"S3 settings"`

	// Groups are those of the other commands.
	Groups kong.Plugins `embed:""`
}

// settingLine is one setting as the command prints it.
type settingLine struct {
	Name     string   `json:"name"`
	Variable string   `json:"variable"`
	Key      string   `json:"key"`
	Value    string   `json:"value"`
	Source   string   `json:"source"`
	Roles    []string `json:"roles"`
}

// Run prints the settings that the role reads, or all.
func (c *settingsCommand) Run(app *app, parsed *kong.Context) error {
	readers := settingReaders(parsed.Model.Node)
	if err := c.checkRole(readers); err != nil {
		return err
	}
	rows := newTable("NAME", "VALUE", "SOURCE", "ROLES")
	for _, flag := range parsed.Flags() {
		if !isSetting(flag) || !c.shows(flag, parsed.Model.Node, readers) {
			continue
		}
		roles := readers[flag.Name]
		if slices.Contains(parsed.Model.Flags, flag) {
			roles = []string{"all"}
		}
		line := app.settings.line(flag, roles)
		switch {
		case flag.Name == "nats-url" && c.NATS.URL == "":
			line.Value, line.Source = c.NATS.addressInUse()
		case flag.Name == "database-url" && c.Database.URL == "" && app.hasPostgresVariables():
			line.Value, line.Source = "set", "variables PG*"
		}
		if c.JSON {
			if err := app.printJSON(line); err != nil {
				return err
			}
			continue
		}
		rows.add(line.Name, cmp.Or(line.Value, "unset"), line.Source, strings.Join(line.Roles, " "))
	}
	if !c.JSON {
		if err := rows.print(app.stdout); err != nil {
			return err
		}
	}
	return app.warnMisspelt(parsed.Flags())
}

// checkRole refuses a role that no command has.
func (c *settingsCommand) checkRole(readers map[string][]string) error {
	roles := map[string]bool{}
	for _, commands := range readers {
		for _, command := range commands {
			roles[command] = true
		}
	}
	if c.Role == "" || roles[c.Role] {
		return nil
	}
	return usageError("no command %q reads settings: choose one of %s", c.Role, strings.Join(slices.Sorted(maps.Keys(roles)), ", "))
}

// shows tells whether the setting belongs to the wanted role. What the command line
// itself has, every role reads.
func (c *settingsCommand) shows(flag *kong.Flag, root *kong.Node, readers map[string][]string) bool {
	return c.Role == "" || slices.Contains(readers[flag.Name], c.Role) || slices.Contains(root.Flags, flag)
}

// line describes a setting. A secret's value never leaves the process.
func (r *settingsResolver) line(flag *kong.Flag, roles []string) settingLine {
	return settingLine{
		Name:     flag.Name,
		Variable: variableName(flag.Name),
		Key:      fileKey(flag.Name),
		Source:   r.source(flag.Name).String(),
		Value:    settingValue(flag),
		Roles:    append([]string{}, roles...), // never null for programs
	}
}

// addressInUse says where NATS is looked for when no setting says it, and who says so.
func (s *natsSettings) addressInUse() (servers, source string) {
	from := "selected nats context"
	if s.Context != "" {
		from = fmt.Sprintf("nats context %q", s.Context)
	}
	named, err := s.contextServers()
	if err != nil {
		return "", from + ": " + natsReason(err)
	}
	if servers = redactURLs(strings.Join(named, ",")); servers == "" {
		return nats.DefaultURL, string(fromDefault)
	}
	return servers, from
}

func settingValue(flag *kong.Flag) string {
	empty := flag.Target.IsZero()
	switch {
	case isSecret(flag) && empty:
		return "unset"
	case isSecret(flag):
		return "set"
	case flag.IsSlice():
		items := make([]string, flag.Target.Len())
		for i := range items {
			items[i] = redactURLs(fmt.Sprint(flag.Target.Index(i).Interface()))
		}
		return kong.JoinEscaped(items, flag.Tag.Sep)
	default:
		return redactURLs(fmt.Sprint(flag.Target.Interface()))
	}
}

// warnMisspelt names variables that look like a setting's and are none. They are no
// error: container platforms make variables of their own for services with our name.
func (a *app) warnMisspelt(flags []*kong.Flag) error {
	known := map[string]bool{configVariable: true}
	for _, flag := range flags {
		if isSetting(flag) {
			known[variableName(flag.Name)] = true
		}
		if isSecret(flag) {
			known[variableName(flag.Name)+fileSuffix] = true
		}
	}
	names := slices.Collect(maps.Keys(known))
	for _, name := range slices.Sorted(maps.Keys(a.env)) {
		if !strings.HasPrefix(name, variablePrefix) || known[name] {
			continue
		}
		if near := spelling.Nearest(name, names); near != "" {
			if _, err := fmt.Fprintf(a.stderr, "jetsheet: warning: nothing reads the variable %s: did you mean %s?\n", name, near); err != nil {
				return err
			}
		}
	}
	return nil
}
