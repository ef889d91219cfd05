//go:build !linux

package main

import "time"

// groupCPU is known on Linux only.
func groupCPU(int) (time.Duration, bool) { return 0, false }
