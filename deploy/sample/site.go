package sample

import (
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// site is a shop, kitchen or factory of a customer.
type site struct {
	index int
	id    string
	name  string
	// idle sites exist but have no record, as while a shop is rebuilt.
	idle bool
	// sensors record by themselves, every ten minutes: at the giant, and at the
	// largest customer of the group below.
	sensors bool
	holiday int // weekday on which nothing is recorded, 7: none
}

// siteCount follows a Zipf law: the giant has two sites per three customers,
// the tail one each. A trial customer in thirteen of the smallest has none yet.
func siteCount(t *tenant, tenants int) int {
	if t.group == 1 && t.rank%13 == 12 {
		return 0
	}
	return max(1, (2*tenants+3*(t.rank+1)/2)/(3*(t.rank+1)))
}

func makeSites(t *tenant, o Options) []site {
	sites := make([]site, siteCount(t, o.Tenants))
	for i := range sites {
		s := site{index: i, id: siteID(t, i, o.Seed), name: siteName(t, i), holiday: 7}
		s.idle = t.paused() || i > 0 && (31*t.rank+i)%11 == 7
		s.sensors = i == 0 && (t.rank == 0 || t.group == 4 && group(t.rank-1, o.Tenants) == 5)
		if t.group <= 3 {
			s.holiday = (t.rank + i) % 9
		}
		sites[i] = s
	}
	return sites
}

// siteID has four styles, one per customer: codes, uuids, numbers with leading
// zeros, and names with characters that paths and subjects cannot take as they are.
func siteID(t *tenant, i int, seed uint64) string {
	switch t.rank % 4 {
	case 0:
		return fmt.Sprintf("TKY-%03d", i+1)
	case 1:
		return uuid(random(seed, "site", t.rank, i))
	case 2:
		return fmt.Sprintf("%05d", i+1)
	default:
		return fmt.Sprintf("厨房/%dF.%d", i%5+1, i+1)
	}
}

func appendSites(l *lines, t *tenant) {
	for i := range t.sites {
		l.int(t.id)
		l.text(t.sites[i].id)
		l.text(t.sites[i].name)
		l.date(time.Date(2012+t.rank%9, time.Month(1+i%12), 1+i%28, 0, 0, 0, 0, time.UTC))
		l.end()
	}
}

// perSite makes a table of records site by site. Each site has its own source of
// chance, so that its records do not depend on how many others there are.
func perSite(tenants []tenant, seed uint64, table string, add func(*lines, *tenant, *site, *rand.Rand)) chunks {
	t, s := 0, 0
	return func(l *lines) bool {
		for t < len(tenants) && s == len(tenants[t].sites) {
			t, s = t+1, 0
		}
		if t == len(tenants) {
			return false
		}
		if at := &tenants[t].sites[s]; !at.idle {
			add(l, &tenants[t], at, random(seed, table, t, s))
		}
		s++
		return true
	}
}

// random is a source of chance that depends on these four alone.
func random(seed uint64, table string, rank, index int) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write(fmt.Appendf(nil, "%s/%d/%d", table, rank, index)) // a hash never refuses
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// uuid is a random one (version 4).
func uuid(r *rand.Rand) string {
	var b [16]byte
	for i := range b {
		b[i] = byte(r.UintN(256))
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	x := hex.EncodeToString(b[:])
	return x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
}

// workdays calls do with midnight of each day on which the site records.
func (s *site) workdays(days span, do func(day time.Time)) {
	for day := days.from; day.Before(days.until); day = day.AddDate(0, 0, 1) {
		if int(day.Weekday()) != s.holiday {
			do(day)
		}
	}
}

// clock is what the wall clock shows on a day; unlike an addition of hours it is
// right on days of 23 or 25 hours.
func clock(day time.Time, minute, second int) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), 0, minute, second, 0, day.Location())
}

// pick chooses one of the words.
func pick(r *rand.Rand, words []string) string { return words[r.IntN(len(words))] }

// oneIn is true once in n times, by chance.
func oneIn(r *rand.Rand, n int) bool { return r.IntN(n) == 0 }
