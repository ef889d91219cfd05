//go:build !windows

package local_test

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// alive says whether the process runs; one that only waits for its parent to notice its end does not.
func alive(pid int) bool {
	if stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat"); err == nil {
		_, rest, _ := strings.Cut(string(stat), ") ")
		return !strings.HasPrefix(rest, "Z")
	}
	return syscall.Kill(pid, 0) == nil
}
