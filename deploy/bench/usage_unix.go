//go:build unix

package main

import (
	"fmt"
	"runtime"
	"syscall"
	"time"
)

// cpuTime returns the CPU time of this process so far, user and system.
func cpuTime() (time.Duration, error) {
	u, err := usage()
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), err
}

// peakMemory returns the most memory this process has had resident, in bytes.
func peakMemory() (int64, error) {
	u, err := usage()
	if runtime.GOOS == "darwin" {
		return u.Maxrss, err // in bytes there, in KiB elsewhere
	}
	return u.Maxrss << 10, err
}

func usage() (syscall.Rusage, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return u, fmt.Errorf("read the usage of this process: %w", err)
	}
	return u, nil
}
