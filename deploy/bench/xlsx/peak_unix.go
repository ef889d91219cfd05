//go:build linux || darwin

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peakOf is the most memory that the process had, in bytes.
func peakOf(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return usage.Maxrss
	}
	return usage.Maxrss << 10
}
