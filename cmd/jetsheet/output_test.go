package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestTableAlignsWideCharacters(t *testing.T) {
	t.Parallel()
	table := newTable("NAME", ">ROWS", "NOTE")
	table.add("冷蔵庫", "1,234", "a")
	table.add("ｶﾅ", "5")
	table.add("e\u0301", "67", "b")
	var got bytes.Buffer
	if err := table.print(&got); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"NAME     ROWS  NOTE",
		"冷蔵庫  1,234  a",
		"ｶﾅ          5",
		"e\u0301          67  b",
		"",
	}, "\n")
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}

func TestTableFitsATerminal(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		columns int
		want    string
	}{
		{80, "ID                 KEY                                      PROBLEM\na-name-that-stays  reports/2026-10/冷蔵庫温度記録.xlsx      none\nb                  reports/2026-10/e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301.xlsx\n"},
		// The mark takes one column; half of a wide character is not shown.
		{51, "ID                 KEY                      PROBLEM\na-name-that-stays  reports/2026-10/冷蔵庫…  none\nb                  reports/2026-10/e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301…\n"},
		{50, "ID                 KEY                     PROBLEM\na-name-that-stays  reports/2026-10/冷蔵…   none\nb                  reports/2026-10/e\u0301e\u0301e\u0301e\u0301e\u0301…\n"},
		// Nothing more to be cut.
		{10, "ID                 KEY           PROBLEM\na-name-that-stays  reports/202…  none\nb                  reports/202…\n"},
	} {
		table := newTable("ID", "~KEY", "PROBLEM")
		table.add("a-name-that-stays", "reports/2026-10/冷蔵庫温度記録.xlsx", "none")
		table.add("b", "reports/2026-10/"+strings.Repeat("e\u0301", 18)+".xlsx")
		table.fit(test.columns)
		var got bytes.Buffer
		if err := table.print(&got); err != nil {
			t.Fatal(err)
		}
		if got.String() != test.want {
			t.Errorf("%d columns: got\n%s\nwant\n%s", test.columns, got.String(), test.want)
		}
	}
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"冷蔵庫 1", "冷蔵庫 1"},
		{"a\x1b[31mb", `a\x1b[31mb`},
		{"a\nb\tc", `a\nb\tc`},
		{"a\u202eb", `a\u202eb`},
		{"a\u2028b", `a\u2028b`},
		{"a\xffb", "a\uFFFDb"},
		{"👩\u200d🔬", "👩\u200d🔬"},
	} {
		if got := printable(test.text); got != test.want {
			t.Errorf("printable(%q) = %q, want %q", test.text, got, test.want)
		}
	}
}

func TestHuman(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ got, want string }{
		{humanCount(0), "0"},
		{humanCount(-1234567), "-1,234,567"},
		{humanCount(999), "999"},
		{humanCount(100000), "100,000"},
		{counted(1, "cell"), "1 cell"},
		{counted(1000, "cell"), "1,000 cells"},
		{humanSize(1023), "1023 B"},
		{humanSize(4096), "4.0 KiB"},
		{humanSize(1<<20 - 1), "1.0 MiB"},
		{humanSize(3 << 29), "1.5 GiB"},
		{humanDuration(250 * time.Millisecond), "250ms"},
		{humanDuration(4200 * time.Millisecond), "4.2s"},
		{humanDuration(59990 * time.Millisecond), "1m0s"},
		{humanDuration(80 * time.Second), "1m20s"},
		{humanDuration(time.Hour - time.Millisecond), "1h0m"},
		{humanDuration(125 * time.Minute), "2h5m"},
		{humanDuration(76 * time.Hour), "3d4h"},
		{humanDuration(-time.Second), "-1.0s"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

// newTestProgress returns a progress whose clock the test moves.
func newTestProgress(bar bool, total int64) (*progress, *bytes.Buffer, *time.Time) {
	var out bytes.Buffer
	clock := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	p := &progress{w: &out, bar: bar, label: "publish", total: total, now: func() time.Time { return clock }}
	p.start()
	return p, &out, &clock
}

func TestProgressGoesToStandardError(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	a := &app{stdout: &stdout, stderr: &stderr}
	a.newProgress("publish\x1b[2J", 3).end()
	want := regexp.MustCompile(`^publish\\x1b\[2J: 0 of 3 done\n.* in \d+ms\n$`)
	if !want.MatchString(stderr.String()) || stdout.Len() > 0 {
		t.Errorf("got %q and on standard output %q, want %s and nothing", stderr.String(), stdout.String(), want)
	}
}

func TestProgressWithoutTerminalIsPlainLines(t *testing.T) {
	t.Parallel()
	p, out, clock := newTestProgress(false, 2000)
	*clock = clock.Add(time.Second)
	p.set(10, 0, 2000) // too soon for another line
	*clock = clock.Add(9 * time.Second)
	p.set(1000, 1, 2000)
	*clock = clock.Add(10 * time.Second)
	p.set(2000, 1, 2000)
	p.end()
	p.end()
	want := "publish: 0 of 2,000 done\n" +
		"publish: 1,000 of 2,000 done, 1 failed, 10.0s left\n" +
		"publish: 2,000 of 2,000 done, 1 failed\n" +
		"publish: 2,000 of 2,000 done, 1 failed in 20.0s\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestProgressOnTerminalRedrawsOneLine(t *testing.T) {
	t.Parallel()
	p, out, clock := newTestProgress(true, 4)
	*clock = clock.Add(time.Second)
	p.set(1, 0, 4)
	p.set(2, 0, 4) // too soon
	*clock = clock.Add(time.Second)
	p.set(4, 0, 4)
	p.end()
	want := "\r[........................] publish: 0 of 4 done" +
		"\r[######..................] publish: 1 of 4 done, 3.0s left" +
		"\r[########################] publish: 4 of 4 done           " +
		"\r[########################] publish: 4 of 4 done in 2.0s\n"
	if out.String() != want {
		t.Errorf("got\n%q\nwant\n%q", out.String(), want)
	}
}
