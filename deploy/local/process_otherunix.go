//go:build !windows && !linux

package local

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// tieToParent does nothing where the kernel has no such signal; the next start finds the orphan.
func tieToParent(*syscall.SysProcAttr, bool) {}

// serves says whether the process is a server of that data directory, by its command line: it is started with -D.
func serves(ctx context.Context, pid int, data string) bool {
	out, err := exec.CommandContext(ctx, "ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(out), "-D "+data+" ")
}
