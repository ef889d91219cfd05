package main

import (
	"os"
	"testing"
)

func TestParseStat(t *testing.T) {
	t.Parallel()
	text := "4242 (postgres: a (b) c) S 17 4242 4242 0 -1 4194560 1 2 3 4 110 22 330 44 20 0 1 0 100 1 2"
	got, err := parseStat([]byte(text))
	if want := (processStat{pid: 4242, parent: 17, own: 132, ended: 374}); err != nil || got != want {
		t.Errorf("parseStat(%q) = %+v, %v; want %+v", text, got, err, want)
	}
	for _, bad := range []string{"", "1 (x", "1 (x) S 2", "1 (x) S x 1 1 0 -1 4 1 2 3 4 110 22 330 44"} {
		if got, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("parseStat(%q) = %+v, want an error", bad, got)
		}
	}
}

func TestGroupCPU(t *testing.T) {
	t.Parallel()
	if _, ok := groupCPU(os.Getpid()); !ok {
		t.Error("the CPU time of this process is not found")
	}
	if got, ok := groupCPU(0); ok {
		t.Errorf("a process that is not there used %s", got)
	}
}
