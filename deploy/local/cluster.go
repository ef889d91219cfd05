package local

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

const (
	superuser    = "postgres"
	passwordFile = "jetsheet.password" // in the data directory, where TCP is used
	// clusterFormat changes when initdb's arguments below do, so that older cached clusters are not used.
	clusterFormat = "1"
)

// freshCluster puts an empty cluster at data: UTF-8, byte order, UTC. initdb takes two seconds, so its result is cached
// per user and copied (0.2 s).
func freshCluster(ctx context.Context, b binaries, as account, home, data string) error {
	dir, err := stateDir("clusters")
	if err != nil {
		return err
	}
	return copyOrBuild(ctx, b, as, home, filepath.Join(dir, clusterKey(b, as)), data)
}

func copyOrBuild(ctx context.Context, b binaries, as account, home, cached, data string) error {
	if ok, err := copyCached(ctx, cached, data, as); ok || err != nil {
		return err
	}
	held, err := lockFile(ctx, cached+".lock", exclusive)
	if err != nil {
		return err
	}
	defer held.unlock()
	// Another process may have made it while we waited; what is still not whole is broken.
	if checkTree(cached) != nil {
		if err := buildCluster(ctx, b, as, home, cached); err != nil {
			return err
		}
	}
	return copyTree(cached, data, as)
}

// copyCached copies a whole cluster from the cache and says whether there was one.
func copyCached(ctx context.Context, cached, data string, as account) (bool, error) {
	held, err := lockFile(ctx, cached+".lock", shared)
	if err != nil {
		return false, err
	}
	defer held.unlock()
	if checkTree(cached) != nil {
		return false, nil
	}
	return true, copyTree(cached, data, as)
}

// clusterKey names a cluster after all that its bytes depend on.
func clusterKey(b binaries, as account) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{clusterFormat, b.dir, b.version.String(), as.String(), runtime.GOARCH}, "\x00")))
	return "postgresql-" + b.version.String() + "-" + hex.EncodeToString(sum[:6])
}

// buildCluster runs initdb as the server's user in its home and moves the result into the cache.
func buildCluster(ctx context.Context, b binaries, as account, home, cached string) error {
	fresh := filepath.Join(home, "initdb")
	defer removeQuietly(fresh)
	if err := initdb(ctx, b, as, home, fresh); err != nil {
		return err
	}
	staging, err := os.MkdirTemp(filepath.Dir(cached), "staging-")
	if err != nil {
		return err
	}
	defer removeQuietly(staging)
	tree := filepath.Join(staging, "tree")
	if err := copyTree(fresh, tree, account{}); err != nil {
		return err
	}
	if err := sealTree(tree); err != nil {
		return err
	}
	if err := os.RemoveAll(cached); err != nil {
		return fmt.Errorf("remove the broken cached cluster: %w", err)
	}
	return os.Rename(tree, cached)
}

// initdb makes a cluster. Not every platform knows C.UTF-8, by which lower() and regular expressions understand more
// than ASCII; those get plain C.
func initdb(ctx context.Context, b binaries, as account, home, data string) error {
	var failed error
	for _, ctype := range []string{"C.UTF-8", "C"} {
		args := []string{"-D", data, "-U", superuser, "--encoding=UTF8", "--locale=C", "--lc-ctype=" + ctype, "--no-sync", "--no-instructions"}
		password, err := authentication(home)
		if err != nil {
			return err
		}
		args = append(args, password...)
		cmd := exec.CommandContext(ctx, b.program("initdb"), args...)
		cmd.Dir, cmd.Env = home, serverEnvironment(home)
		runAs(cmd, as)
		out, err := cmd.CombinedOutput()
		if err == nil {
			return keepPassword(home, data)
		}
		failed = fmt.Errorf("run %s as %s: %w\n%s", cmd.Path, as, err, strings.TrimSpace(string(out)))
		if ctx.Err() != nil || !strings.Contains(string(out), "locale") {
			break
		}
		removeQuietly(data)
	}
	return failed
}

// authentication returns initdb's arguments for it: trust inside a private directory, a password over TCP.
func authentication(home string) ([]string, error) {
	if runtime.GOOS != "windows" {
		return []string{"--auth=trust"}, nil
	}
	file := filepath.Join(home, passwordFile)
	if err := os.WriteFile(file, []byte(rand.Text()), 0o600); err != nil {
		return nil, err
	}
	return []string{"--auth=scram-sha-256", "--pwfile=" + file}, nil
}

// keepPassword moves the password into the data directory, with which it is copied and kept.
func keepPassword(home, data string) error {
	if runtime.GOOS != "windows" {
		return nil
	}
	return os.Rename(filepath.Join(home, passwordFile), filepath.Join(data, passwordFile))
}
