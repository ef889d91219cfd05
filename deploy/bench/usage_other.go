//go:build !unix

package main

import (
	"errors"
	"time"
)

var errUsageUnknown = errors.New("the benchmarks count CPU time with getrusage, which this system has not; run them on Linux or macOS")

func cpuTime() (time.Duration, error) { return 0, errUsageUnknown }
