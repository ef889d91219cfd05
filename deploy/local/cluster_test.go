package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

func TestVersions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct{ full, major string }{
		"postgres (PostgreSQL) 17.5 (Debian 17.5-1)": {"17.5", "17"},
		"postgres (PostgreSQL) 9.6.24":               {"9.6.24", "9.6"},
		"postgres (PostgreSQL) 19beta1":              {"19", "19"},
	} {
		v, err := parseVersion(text)
		if err != nil || v.String() != want.full || v.major() != want.major {
			t.Errorf("%q: got %v, %v, want %+v", text, v, err, want)
		}
	}
	if v, err := parseVersion("postgres, a boat"); err == nil {
		t.Errorf("no version: got %v, want an error", v)
	}
	if slices.Compare(version{15}, version{9, 6}) <= 0 || slices.Compare(version{15, 10}, version{15, 9}) <= 0 {
		t.Error("versions are compared as text")
	}
}

func TestDamagedTreeIsNoticed(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(dir string) error{
		"removed file":   func(dir string) error { return os.Remove(filepath.Join(dir, "sub", "a")) },
		"shortened file": func(dir string) error { return os.Truncate(filepath.Join(dir, "sub", "a"), 1) },
		"removed folder": func(dir string) error { return os.Remove(filepath.Join(dir, "empty")) },
		"removed seal":   func(dir string) error { return os.Remove(filepath.Join(dir, sealName)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "tree")
			if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(filepath.Join(dir, "empty"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "sub", "a"), []byte("content"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := sealTree(dir); err != nil {
				t.Fatal(err)
			}
			if err := checkTree(dir); err != nil {
				t.Fatalf("whole tree: %v", err)
			}
			if err := damage(dir); err != nil {
				t.Fatal(err)
			}
			if err := checkTree(dir); err == nil {
				t.Error("the damage went unnoticed")
			}
		})
	}
}

// TestBrokenCacheIsRebuilt has several starts at once meet a cache that lost a file.
func TestBrokenCacheIsRebuilt(t *testing.T) {
	t.Parallel()
	as, err := serverAccount()
	if err != nil {
		t.Fatal(err)
	}
	b, err := findBinaries(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	cache := t.TempDir()
	cached := filepath.Join(cache, clusterKey(b, as))
	if err := cachedCopy(t, b, as, cached); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(cached, "global", "pg_control")); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if err := cachedCopy(t, b, as, cached); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := checkTree(cached); err != nil {
		t.Errorf("the cache after the repair: %v", err)
	}
	left, err := filepath.Glob(filepath.Join(cache, "staging-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

// cachedCopy makes a cluster as a start does and checks that the file removed above is in it.
func cachedCopy(t *testing.T, b binaries, as account, cached string) error {
	t.Helper()
	base, err := socketBase(as, true)
	if err != nil {
		return err
	}
	home, err := os.MkdirTemp(base, "cluster-") //nolint:usetesting // the server's user cannot reach t.TempDir
	if err != nil {
		return err
	}
	defer removeQuietly(home)
	if err := as.own(home); err != nil {
		return err
	}
	if err := copyOrBuild(context.WithoutCancel(t.Context()), b, as, home, cached, filepath.Join(home, "data")); err != nil {
		return err
	}
	_, err = os.Stat(filepath.Join(home, "data", "global", "pg_control"))
	return err
}

func TestForeignServerIsNotKilled(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	// The id of a living process that is no server of that directory: ours.
	for _, pid := range []int{99_999_999, os.Getpid()} {
		if err := os.WriteFile(filepath.Join(data, "postmaster.pid"), fmt.Appendf(nil, "%d\n%s\n", pid, data), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := killOrphan(t.Context(), data); err != nil {
			t.Errorf("pid %d: %v", pid, err)
		}
	}
}

func TestReaperRemovesOnlyItsOwn(t *testing.T) {
	t.Parallel()
	kept := filepath.Join(t.TempDir(), "precious")
	if err := os.Mkdir(kept, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := reapServer(t.Context(), owned{Home: kept, Data: filepath.Join(kept, "data")}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(kept); err != nil {
		t.Errorf("a directory that no server made was removed: %v", err)
	}
}
