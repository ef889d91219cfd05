package query

import "time"

// SetGrace shortens the wait for a server that keeps no time limit.
func (db *DB) SetGrace(d time.Duration) { db.grace = d }
