//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// residentPeak is the most memory that a process had resident, in bytes.
func residentPeak(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return usage.Maxrss // in bytes there, in KiB elsewhere
	}
	return usage.Maxrss << 10
}
