package main

import (
	"runtime/debug"
	"strconv"
)

// versionCommand prints what was built, from what.
type versionCommand struct {
	JSON bool `name:"json" help:"Print one JSON object."`
}

// version is what the build recorded about the binary.
type version struct {
	Version   string `json:"version"`
	Commit    string `json:"commit"`
	Modified  bool   `json:"modified"`
	GoVersion string `json:"goVersion"`
	Platform  string `json:"platform"`
}

// Run prints the version.
func (c *versionCommand) Run(app *app) error {
	v := buildVersion()
	if c.JSON {
		return app.printJSON(v)
	}
	rows := newTable("", "")
	rows.add("version", v.Version)
	rows.add("commit", v.Commit)
	if v.Commit != unknownCommit { // without it nobody has looked for changes
		rows.add("modified", strconv.FormatBool(v.Modified))
	}
	rows.add("go", v.GoVersion)
	rows.add("platform", v.Platform)
	return rows.print(app.stdout)
}

// unknownCommit stands for the commit of a binary that was built outside of a checkout.
const unknownCommit = "unknown"

// buildVersion reads the binary's build information.
func buildVersion() version {
	v := version{Version: "unknown", Commit: unknownCommit}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.GoVersion = info.GoVersion
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	var system, architecture string
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			v.Commit = setting.Value
		case "vcs.modified":
			v.Modified = setting.Value == "true"
		case "GOOS":
			system = setting.Value
		case "GOARCH":
			architecture = setting.Value
		}
	}
	v.Platform = system + "/" + architecture
	return v
}
