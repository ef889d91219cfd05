package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// moduleVersion is the version of a module that this program was built with.
func moduleVersion(path string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range info.Deps {
		if m.Path == path {
			return m.Version
		}
	}
	return ""
}

// machine says where the figures come from.
func machine(found []writer, absent []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d cores, %s/%s, %s, klauspost/compress %s%s\n\n", processor(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH,
		runtime.Version(), moduleVersion("github.com/klauspost/compress"), load())
	for _, w := range found {
		if w.version != "" {
			fmt.Fprintf(&b, "- %s: %s\n", w.name, w.version)
		}
	}
	for _, a := range absent {
		fmt.Fprintf(&b, "- absent: %s\n", a)
	}
	return b.String()
}

func processor() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}

// load is what else the machine does, at the end of the run.
func load() string {
	content, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(content))
	if len(fields) == 0 {
		return ""
	}
	return ", load " + fields[0]
}
