//go:build unix && !linux

package main

import "syscall"

// tieToParent does nothing: there is no such signal here.
func tieToParent(*syscall.SysProcAttr) {}
