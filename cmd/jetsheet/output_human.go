package main

import (
	"fmt"
	"strconv"
	"time"
)

// humanCount writes a count with separators: 1,234,567.
func humanCount(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return sign + digits
}

// counted writes a count and its noun: 1 cell, 1,234 cells.
func counted(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return humanCount(n) + " " + noun
}

// humanSize writes bytes in units of 1,024: 812 B, 4.0 KiB, 1.5 GiB.
func humanSize(bytes int64) string {
	if bytes < 1<<10 && bytes > -1<<10 {
		return strconv.FormatInt(bytes, 10) + " B"
	}
	units := []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	value, unit := float64(bytes)/(1<<10), 0
	// What would be rounded to 1024.0 is 1.0 of the next unit.
	for (value >= 1023.95 || value <= -1023.95) && unit < len(units)-1 {
		value, unit = value/(1<<10), unit+1
	}
	return fmt.Sprintf("%.1f %s", value, units[unit])
}

// humanDuration writes a duration as precisely as people need it: 250ms, 4.2s, 1m20s,
// 2h5m, 3d4h.
func humanDuration(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < 0:
		return "-" + humanDuration(-d)
	case d < time.Second:
		return strconv.FormatInt(d.Round(time.Millisecond).Milliseconds(), 10) + "ms"
	case d < time.Minute-50*time.Millisecond:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Hour-time.Second/2:
		d = d.Round(time.Second)
		return fmt.Sprintf("%dm%ds", d/time.Minute, d%time.Minute/time.Second)
	case d < day-time.Minute/2:
		d = d.Round(time.Minute)
		return fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
	default:
		d = d.Round(time.Hour)
		return fmt.Sprintf("%dd%dh", d/day, d%day/time.Hour)
	}
}
