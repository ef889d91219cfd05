// Package peak says how much memory a process has had resident at most, as the system
// counts it. Where the system is not asked, on Windows, it is 0 or an error.
package peak
