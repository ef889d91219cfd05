//go:build !windows

package local

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the user that the server runs as: ourselves, or, since PostgreSQL refuses root, a lesser one.
type account struct {
	name     string
	uid, gid uint32
	dropped  bool // not ourselves
}

func (a account) String() string { return "user " + a.name }

func serverAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{name: strconv.Itoa(os.Geteuid()), uid: uint32(os.Geteuid()), gid: uint32(os.Getegid())}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return account{}, fmt.Errorf("look up user %s: %w", name, err)
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return account{}, fmt.Errorf("look up user %s: %w", name, err)
		}
		return account{name: name, uid: uint32(uid), gid: uint32(gid), dropped: true}, nil
	}
	return account{}, errors.New("postgresql does not run as root and there is no user postgres or nobody: run as another user")
}

// credential is for a child's SysProcAttr; nil means our own.
func (a account) credential() *syscall.Credential {
	if !a.dropped {
		return nil
	}
	return &syscall.Credential{Uid: a.uid, Gid: a.gid}
}

// own gives a file or directory to the account.
func (a account) own(path string) error {
	if !a.dropped {
		return nil
	}
	return os.Lchown(path, int(a.uid), int(a.gid))
}

// mkdir makes a directory that only the account (and root) may enter.
func (a account) mkdir(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil {
		return err
	}
	return a.own(path)
}

// mkdirReachable makes a directory with its parents, the last one the account's own.
func (a account) mkdirReachable(path string) error {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	if err := a.reaches(filepath.Dir(path)); err != nil {
		return fmt.Errorf("%w: choose another directory, or do not run as root", err)
	}
	return a.own(path)
}

// reaches says whether the account may enter the directory through all its parents. Ourselves we do not ask.
func (a account) reaches(dir string) error {
	if !a.dropped {
		if _, err := os.Stat(dir); err != nil {
			return err
		}
		return nil
	}
	for d := filepath.Clean(dir); ; d = filepath.Dir(d) {
		info, err := os.Stat(d)
		if err != nil {
			return err
		}
		if !a.enters(info) {
			return fmt.Errorf("%s is closed to %s", d, a)
		}
		if d == filepath.Dir(d) {
			return nil
		}
	}
}

func (a account) enters(info os.FileInfo) bool {
	mode := info.Mode().Perm()
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !info.IsDir():
		return false
	case ok && stat.Uid == a.uid:
		return mode&0o100 != 0
	case ok && stat.Gid == a.gid:
		return mode&0o010 != 0
	default:
		return mode&0o001 != 0
	}
}

// checkPrivate refuses a directory in a shared place that somebody else prepared for us.
func checkPrivate(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 || ok && int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("%s is not a private directory of ours: set HOME or XDG_CACHE_HOME", dir)
	}
	return nil
}
