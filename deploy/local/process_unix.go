//go:build !windows

package local

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// launch starts the server in its own process group: Ctrl-C in a terminal must reach us and not the database under
// jobs that are being finished.
func launch(ctx context.Context, s *postgresServer, args []string) (*process, error) {
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), s.binaries.program("postgres"), args...)
	cmd.Dir, cmd.Env = s.home, serverEnvironment(s.home)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: s.as.credential()}
	if !s.surviving {
		tieToParent(cmd.SysProcAttr, s.durable)
	}
	p := &process{done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// A death signal follows the thread that started the child, so that thread must live as long as the server.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		_ = log.Close()
		if err == nil {
			p.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			if p.err = cmd.Wait(); p.err == nil {
				p.err = errors.New("exit status 0")
			}
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return p, nil
}

// interrupt sends the signal that PostgreSQL understands as u. It is sent only to a server of that data directory.
func interrupt(_ context.Context, pid int, _ string, u urgency) error {
	signal := map[urgency]os.Signal{fast: syscall.SIGINT, immediate: syscall.SIGQUIT, kill: syscall.SIGKILL}[u]
	p, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	if err := p.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// listen puts the server on a socket in a directory that only its user may enter; that is why trust is enough.
func (s *postgresServer) listen(settings map[string]string) {
	settings["unix_socket_directories"] = s.home
	settings["unix_socket_permissions"] = "0700"
}

// address fixes the connection URL.
func (s *postgresServer) address() error {
	s.port = 5432 // names the socket only
	s.url = &url.URL{
		Scheme: "postgres", User: url.User(superuser), Path: "/postgres",
		RawQuery: url.Values{"host": {s.home}, "sslmode": {"disable"}}.Encode(),
	}
	return nil
}

// socketBase returns a directory for the server's home: short, because a socket's path has 103 usable bytes on some
// systems, and open to the server's user, because TMPDIR may lie in a private home. losable says that the data lies there
// too and may be lost with the machine.
func socketBase(as account, losable bool) (string, error) {
	const longest = 103 - len("/jetsheet-0123456789/.s.PGSQL.5432")
	var tried []string
	for _, dir := range append(scratchBases(losable), "/tmp", "/var/tmp", "/dev/shm") {
		dir, err := filepath.Abs(dir)
		if err != nil {
			return "", err
		}
		if target, err := filepath.EvalSymlinks(dir); err == nil {
			dir = target
		}
		if len(dir) > longest {
			tried = append(tried, dir+" is too long for a socket")
		} else if err := as.reaches(dir); err != nil {
			tried = append(tried, err.Error())
		} else {
			return dir, nil
		}
	}
	return "", fmt.Errorf("no directory for the server's socket: set TMPDIR to a short one open to %s (%s)", as, strings.Join(tried, "; "))
}

func runAs(cmd *exec.Cmd, as account) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: as.credential()}
}
