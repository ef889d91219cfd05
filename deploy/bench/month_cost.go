package main

import (
	"slices"
	"time"
)

// monthCost is what a month's start took one system: everything from the moment at which
// it was due.
type monthCost struct {
	began    time.Time
	elapsed  time.Duration
	own      time.Duration // CPU of the system's own process
	servers  time.Duration // CPU of nats-server and S3
	postgres time.Duration // CPU of PostgreSQL, 0 where it is unknown
	books    map[bookID]madeBook
}

// bookID says which of the month's workbooks one is, in both systems.
type bookID struct{ report, tenant, target string }

type madeBook struct {
	key  string
	at   time.Time // when it was on S3
	rows int64
}

// lastOf is the median of when customers had all their workbooks.
func (c *monthCost) lastOf(customers map[string]bool) time.Duration {
	last := map[string]time.Duration{}
	for id, book := range c.books {
		if customers[id.tenant] {
			last[id.tenant] = max(last[id.tenant], book.at.Sub(c.began))
		}
	}
	all := make([]time.Duration, 0, len(last))
	for _, d := range last {
		all = append(all, d)
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// spread is the median, the least and the most.
func spread(of []float64) (median, least, most float64) {
	sorted := slices.Sorted(slices.Values(of))
	return sorted[len(sorted)/2], sorted[0], sorted[len(sorted)-1]
}

// charge fills in what the servers used until the end; their CPU at the start is given for
// PostgreSQL.
func (c *monthCost) charge(r *rig, end time.Time, postgresBefore time.Duration) error {
	c.elapsed = end.Sub(c.began)
	if after, known := groupCPU(r.postgres.PID()); known {
		c.postgres = after - postgresBefore
	}
	used, err := r.child.ask(question{From: c.began, Until: end})
	c.servers = used.CPU
	return err
}
