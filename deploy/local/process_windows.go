package local

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/windows"
)

// launch starts the server through pg_ctl, which gives up the administrator's rights that postgres refuses.
func launch(ctx context.Context, s *postgresServer, args []string) (*process, error) {
	quoted := make([]string, 0, len(args))
	for _, a := range args[2:] { // pg_ctl passes -D itself
		quoted = append(quoted, syscall.EscapeArg(a))
	}
	cmd := exec.CommandContext(ctx, s.binaries.program("pg_ctl"), "start", "-w", "-D", s.data, "-l", s.log, "-o", strings.Join(quoted, " "))
	cmd.Dir, cmd.Env = s.home, serverEnvironment(s.home)
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("start %s: %w%s", cmd.Path, err, tail(s.log))
	}
	state, err := readPostmaster(s.data)
	if err != nil {
		return nil, err
	}
	server, err := os.FindProcess(state.pid)
	if err != nil {
		return nil, fmt.Errorf("find the started postgresql: %w", err)
	}
	p := &process{pid: state.pid, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		if _, p.err = server.Wait(); p.err == nil {
			p.err = errors.New("exit status 0")
		}
	}()
	return p, nil
}

// interrupt tells the server of that data directory to end; pg_ctl finds it by its postmaster.pid.
func interrupt(ctx context.Context, pid int, data string, u urgency) error {
	if u == kill {
		p, err := os.FindProcess(pid)
		if err != nil {
			return err
		}
		return p.Kill()
	}
	mode := map[urgency]string{fast: "fast", immediate: "immediate"}[u]
	b, err := findBinaries(ctx, "")
	if err != nil {
		return err
	}
	return exec.CommandContext(ctx, b.program("pg_ctl"), "stop", "-W", "-m", mode, "-D", data).Run()
}

func serves(_ context.Context, pid int, data string) bool {
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return false
	}
	defer func() { _ = windows.CloseHandle(process) }()
	name := make([]uint16, windows.MAX_LONG_PATH)
	size := uint32(len(name))
	if err := windows.QueryFullProcessImageName(process, 0, &name[0], &size); err != nil {
		return false
	}
	state, err := readPostmaster(data)
	return err == nil && state.pid == pid && strings.HasSuffix(strings.ToLower(windows.UTF16ToString(name[:size])), `\postgres.exe`)
}

// listen puts the server on the loopback interface; there it asks for the password that initdb was given.
func (s *postgresServer) listen(settings map[string]string) {
	settings["listen_addresses"] = "127.0.0.1"
}

func (s *postgresServer) address() error {
	port, err := freePort()
	if err != nil {
		return err
	}
	s.port = int(port)
	password, err := readPassword(s.data)
	if err != nil {
		return err
	}
	s.url = &url.URL{
		Scheme: "postgres", User: url.UserPassword(superuser, password), Host: "127.0.0.1:" + strconv.Itoa(s.port),
		Path: "/postgres", RawQuery: "sslmode=disable",
	}
	return nil
}

func socketBase(account, bool) (string, error) { return os.TempDir(), nil }

func runAs(*exec.Cmd, account) {}

func readPassword(data string) (string, error) {
	text, err := os.ReadFile(filepath.Join(data, passwordFile))
	if err != nil {
		return "", fmt.Errorf("read the server's password: %w", err)
	}
	if len(text) == 0 {
		return "", errors.New("the server's password file is empty")
	}
	return string(text), nil
}
