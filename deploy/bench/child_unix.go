//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// separate keeps a terminal's interrupt from the process.
func separate(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
