package provider

import "time"

// FileEvery is File that looks more often.
func FileEvery(path string, every time.Duration) Source { return &fileSource{path: path, every: every} }
