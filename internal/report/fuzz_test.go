package report

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample(f)))
	f.Add([]byte(minimal))
	f.Add([]byte(laidOut))
	f.Add([]byte("report: [\n"))
	f.Add([]byte("? a\n: &b *c\n<<: !!x {}\n"))
	f.Add([]byte("targets: |2\n\n  select @x\nqueries: {a: \"\\n@b\"}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Parse("f", data)
		if (d == nil) == (err == nil) {
			t.Fatalf("got %v and %v", d, err)
		}
		for _, problem := range unjoin(err) {
			var p *ProblemError
			if !errors.As(problem, &p) || p.Line < 1 || p.Column < 1 || p.Message == "" || p.Line > strings.Count(string(data), "\n")+1 {
				t.Fatalf("%q: problem %v", data, problem)
			}
		}
		if d == nil {
			return
		}
		if again, err := Parse("f", []byte(d.Source)); err != nil || again.Digest != d.Digest {
			t.Fatalf("its source gives %v", err)
		}
	})
}

func FuzzPattern(f *testing.F) {
	f.Add("{tenant}/{period}/{target}.xlsx", "a", "b")
	f.Add("{}{{a}", "", "\xff")
	f.Fuzz(func(t *testing.T, text, tenant, site string) {
		p, err := ParsePattern(text)
		if err != nil {
			return
		}
		again, err := p.expand(func(name string) (string, error) { return "{" + name + "}", nil })
		if squeeze := strings.Join(strings.Fields(text), ""); err != nil || strings.Join(strings.Fields(again), "") != squeeze {
			t.Fatalf("%q expands to %q, %v", text, again, err)
		}
		value := keyValue(site)
		if strings.ContainsAny(value, "/{} ") || value == "." || value == ".." {
			t.Fatalf("%q in a key is %q", site, value)
		}
		if name := safeFilename(tenant + site); len(name) > MaxFilenameBytes {
			t.Fatalf("%q gives %q", tenant+site, name)
		}
	})
}

func FuzzCalendar(f *testing.F) {
	f.Add("30 2 * * *", "Europe/Berlin", int64(1_800_000_000))
	f.Add("0 0 29 2 *", "UTC", int64(4_000_000_000))
	f.Fuzz(func(t *testing.T, expr, zone string, at int64) {
		c, err := NewCalendar(expr, zone)
		if err != nil || at < -1<<35 || at > 1<<37 {
			return
		}
		after := time.Unix(at, 0)
		next := c.Next(after)
		if !next.After(after) || c.Next(next.Add(-1)) != next {
			t.Fatalf("%q in %s: after %s comes %s", expr, zone, after, next)
		}
	})
}
