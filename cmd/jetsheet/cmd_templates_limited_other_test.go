//go:build !linux

package main

// limitsItself says that confine has limits to set.
const limitsItself = false
