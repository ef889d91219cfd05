package report

import "testing"

// BenchmarkResolve is one row of a plan.
func BenchmarkResolve(b *testing.B) {
	d := mustParse(b, sample(b))
	names, values := row("tenant", "101", "target", "site-7", "site_name", "第一 店", "kind", "k", "weight", "1200")
	r, err := d.NewResolver(instant(b, testTick), names)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Resolve(values); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	text := []byte(sample(b))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("sample.yaml", text); err != nil {
			b.Fatal(err)
		}
	}
}
