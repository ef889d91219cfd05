package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// tieToParent has the kernel stop the server when we die, even by kill -9.
func tieToParent(attr *syscall.SysProcAttr, durable bool) {
	attr.Pdeathsig = syscall.SIGQUIT
	if durable {
		attr.Pdeathsig = syscall.SIGINT
	}
}

// serves says whether the process is a server of that data directory: a server's working directory is its data.
func serves(_ context.Context, pid int, data string) bool {
	cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		return false // gone, or a zombie, or another user's
	}
	if target, err := filepath.EvalSymlinks(data); err == nil {
		data = target
	}
	return cwd == data
}
