package main

import "syscall"

// tieToParent has the kernel kill a child when we die, even by kill -9.
func tieToParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }
