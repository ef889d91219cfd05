//go:build unix

package peak

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
)

// OfProcess returns the peak of a process that has ended, in bytes; 0 where that is not
// known.
func OfProcess(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return inBytes(usage)
}

// OfSelf returns the peak of this process so far, in bytes.
func OfSelf() (int64, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, fmt.Errorf("read the usage of this process: %w", err)
	}
	return inBytes(&usage), nil
}

func inBytes(usage *syscall.Rusage) int64 {
	if runtime.GOOS == "darwin" {
		return usage.Maxrss // in bytes there, in KiB elsewhere
	}
	return usage.Maxrss << 10
}
