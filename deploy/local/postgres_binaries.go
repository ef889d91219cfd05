package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// binaries is an installation of the PostgreSQL server.
type binaries struct {
	dir     string // holds initdb and postgres
	version version
}

func (b binaries) program(name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(b.dir, name)
}

// version is a release of PostgreSQL: 17.5, or 9.6.24.
type version []int

func (v version) String() string {
	parts := make([]string, len(v))
	for i, n := range v {
		parts[i] = strconv.Itoa(n)
	}
	return strings.Join(parts, ".")
}

// major is what a data directory's PG_VERSION holds.
func (v version) major() string {
	if v[0] < 10 && len(v) > 1 {
		return v[:2].String()
	}
	return strconv.Itoa(v[0])
}

// oldest is the oldest server that jetsheet is tested with (multirange, unnest WITH ORDINALITY, jsonb subscripts).
const oldest = 13

// findBinaries returns the newest installation on PATH or in the distributions' usual directories, and otherwise
// downloads a portable build. only, where set, is the one directory to use.
func findBinaries(ctx context.Context, only string) (binaries, error) {
	dirs := candidateDirs()
	if only != "" {
		dirs = []string{only}
	}
	var best binaries
	var tried []string
	for _, dir := range dirs {
		b, err := inspect(ctx, dir)
		if err != nil {
			tried = append(tried, err.Error())
			continue
		}
		if best.dir == "" || slices.Compare(b.version, best.version) > 0 {
			best = b
		}
	}
	if best.dir != "" {
		return best, nil
	}
	if only == "" {
		portable, err := portableBinaries(ctx)
		if err == nil {
			return portable, nil
		}
		tried = append(tried, fmt.Sprintf("no portable build: %v", err))
	}
	return binaries{}, fmt.Errorf("no postgresql server found: %s, or name a running server in %s (tried: %s)",
		installAdvice(), DatabaseVariable, strings.Join(append([]string{"PATH"}, tried...), "; "))
}

// candidateDirs lists directories that may hold a server, each once.
func candidateDirs() []string {
	var dirs []string
	for _, name := range []string{"postgres", "initdb"} {
		if path, err := exec.LookPath(name); err == nil {
			// Distributions link initdb into /usr/bin; the server beside it is in the link's target.
			if target, err := filepath.EvalSymlinks(path); err == nil {
				path = target
			}
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	for _, pattern := range usualPlaces() {
		found, err := filepath.Glob(pattern)
		if err == nil { // a bad pattern is the only error
			dirs = append(dirs, found...)
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

func usualPlaces() []string {
	switch runtime.GOOS {
	case "darwin":
		return []string{
			"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin", "/opt/homebrew/opt/postgresql/bin",
			"/Library/PostgreSQL/*/bin", "/Applications/Postgres.app/Contents/Versions/*/bin",
		}
	case "windows":
		return []string{filepath.Join(cmp.Or(os.Getenv("ProgramFiles"), `C:\Program Files`), "PostgreSQL", "*", "bin")}
	default:
		return []string{
			"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/lib/postgresql*/bin", "/usr/libexec/postgresql*",
			"/usr/local/pgsql/bin", "/usr/local/bin", "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
		}
	}
}

var versionPattern = regexp.MustCompile(`\(PostgreSQL\) (\d+(?:\.\d+)*)`)

// inspect says which version a directory holds; the error names the directory and what is missing.
func inspect(ctx context.Context, dir string) (binaries, error) {
	b := binaries{dir: dir}
	for _, name := range []string{"postgres", "initdb"} {
		if _, err := os.Stat(b.program(name)); err != nil {
			return b, fmt.Errorf("%s has no %s", dir, name)
		}
	}
	out, err := exec.CommandContext(ctx, b.program("postgres"), "--version").Output()
	if err != nil {
		return b, fmt.Errorf("ask %s for its version: %w", b.program("postgres"), err)
	}
	if b.version, err = parseVersion(string(out)); err != nil {
		return b, fmt.Errorf("%s: %w", b.program("postgres"), err)
	}
	if b.version[0] < oldest {
		return b, fmt.Errorf("%s is postgresql %s, older than %d", dir, b.version, oldest)
	}
	return b, nil
}

func parseVersion(text string) (version, error) {
	m := versionPattern.FindStringSubmatch(text)
	if m == nil { // a beta calls itself 19beta1
		return nil, fmt.Errorf("no version in %q", strings.TrimSpace(text))
	}
	var v version
	for part := range strings.SplitSeq(m[1], ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil, errors.New("version number out of range")
		}
		v = append(v, n)
	}
	return v, nil
}

// installAdvice names the command that installs a server on this machine.
func installAdvice() string {
	switch runtime.GOOS {
	case "darwin":
		return "run `brew install postgresql@17`"
	case "windows":
		return "run `winget install PostgreSQL.PostgreSQL.17`"
	}
	for _, m := range []struct{ manager, command string }{
		{"apt-get", "apt-get install postgresql"},
		{"dnf", "dnf install postgresql-server"},
		{"yum", "yum install postgresql-server"},
		{"zypper", "zypper install postgresql-server"},
		{"apk", "apk add postgresql"},
		{"pacman", "pacman -S postgresql"},
		{"brew", "brew install postgresql@17"},
	} {
		if _, err := exec.LookPath(m.manager); err == nil {
			return "run `" + m.command + "`"
		}
	}
	return "install the postgresql server"
}
