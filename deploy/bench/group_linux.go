package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of /proc/PID/stat: 1/100 s on every Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// groupCPU returns the CPU time of a process and its children so far, those that have
// ended included: a PostgreSQL server with its backends.
func groupCPU(pid int) (time.Duration, bool) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, false
	}
	var ticks int64
	found := false
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // ended meanwhile
		}
		p, err := parseStat(text)
		switch {
		case err != nil:
			continue
		case p.pid == pid:
			ticks, found = ticks+p.own+p.ended, true
		case p.parent == pid:
			ticks += p.own
		}
	}
	return time.Duration(ticks) * clockTick, found
}

// processStat is what is needed of /proc/PID/stat, times in clock ticks.
type processStat struct {
	pid, parent int
	own         int64
	ended       int64 // children that were waited for
}

func parseStat(text []byte) (processStat, error) {
	// The name is in parentheses and may hold anything.
	end := bytes.LastIndexByte(text, ')')
	begin := bytes.IndexByte(text, ' ')
	if begin < 0 || end < begin {
		return processStat{}, fmt.Errorf("not the stat of a process: %q", text)
	}
	fields := strings.Fields(string(text[end+1:]))
	if len(fields) < 15 {
		return processStat{}, fmt.Errorf("stat of a process with %d fields: %q", len(fields), text)
	}
	numbers := make([]int64, 0, 6)
	for _, field := range []string{string(text[:begin]), fields[1], fields[11], fields[12], fields[13], fields[14]} {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return processStat{}, fmt.Errorf("stat of a process: %w", err)
		}
		numbers = append(numbers, n)
	}
	return processStat{
		pid: int(numbers[0]), parent: int(numbers[1]), own: numbers[2] + numbers[3], ended: numbers[4] + numbers[5],
	}, nil
}
