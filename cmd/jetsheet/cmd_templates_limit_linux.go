package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// confine takes from this process what it does not need to look at a file: more memory and
// time than that costs, and the writing of files. Beyond its time the kernel kills it; an
// allocation that fails ends a Go program.
func confine() error {
	taken, err := addressSpace()
	if err != nil {
		return err
	}
	for resource, most := range map[int]uint64{
		syscall.RLIMIT_AS:    taken + inspectionMemory,
		syscall.RLIMIT_CPU:   uint64(inspectionTime.Seconds()),
		syscall.RLIMIT_FSIZE: 0,
	} {
		if err := syscall.Setrlimit(resource, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
			return fmt.Errorf("limit this process (resource %d to %d): %w", resource, most, err)
		}
	}
	return nil
}

// addressSpace is what the process has reserved so far. Of that most is the runtime's own
// and never used, so a limit must count from there.
func addressSpace() (uint64, error) {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, fmt.Errorf("read how large this process is: %w", err)
	}
	pages, _, _ := strings.Cut(string(statm), " ")
	n, err := strconv.ParseUint(pages, 10, 40)
	if err != nil {
		return 0, fmt.Errorf("read how large this process is: %w", err)
	}
	return n * uint64(os.Getpagesize()), nil //nolint:gosec // a page has a few KiB
}
