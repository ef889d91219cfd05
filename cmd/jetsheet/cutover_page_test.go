package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops"
)

// cutoverReport makes three workbooks a day for each tenant.
const cutoverReport = `report: daily
schedule: {cron: "0 5 * * *", timeZone: Asia/Tokyo, catchUp: none}
period: day
targets: select tenant, target from stock group by tenant, target
queries:
  rows: select item, 12 / pieces as share from stock where tenant = @tenant and target = @target order by item
workbook: {sheets: [{name: Stock, rows: rows}]}
output: {key: "{tenant}/{period}/{target}.xlsx", previous: "old/{tenant}/{period}/{target}.xlsx"}
`

// cutoverTenants are those of five groups, and one that is in none.
func cutoverTenants() []string {
	var ids []string
	for group := range 5 {
		ids = append(ids, fmt.Sprintf("%d01", group+1), fmt.Sprintf("%d02", group+1))
	}
	return append(ids, "900")
}

// TestCutoverPage walks through the month of the page about the move: every command in its
// order, the runs of the days between.
func TestCutoverPage(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it plays thirteen days; go test ./... runs it")
	}
	if runtime.GOOS == "windows" {
		t.Skip("the page is written for a POSIX shell")
	}
	r := newRunbookRig(t, "")
	c := &cutoverMonth{runbookRig: r}
	c.prepare()
	for _, name := range []string{"producer", "renderer", "uploader"} {
		r.startRole(name)
	}
	r.start("ops", "--ops-return-every=200ms")
	r.awaitOps(c.id(1))
	s := &scene{prints: "cutover.json is valid: default legacy, 5 groups", values: map[string]string{"REPORT": "daily"}, steps: map[string]func(){
		"group 3 breaks on day 9": func() {
			c.execute("update stock set pieces = 0 where tenant like '3%'")
			c.day(9, exitDifferences)
			c.awaitReturn()
		},
		"group 3 is corrected": func() { c.execute("update stock set pieces = 3 where tenant like '3%'") },
	}}
	for _, days := range [][2]int{{1, 1}, {2, 2}, {3, 4}, {5, 5}, {6, 8}, {10, 12}, {13, 13}} {
		s.steps[fmt.Sprintf("days %d to %d", days[0], days[1])] = func() {
			for day := days[0]; day <= days[1]; day++ {
				c.day(day, c.expect(day))
			}
			s.values["RUN"] = c.id(days[1]).String()
		}
	}
	r.follow(t, "cutover", s)
	c.checkRoutes()
	c.checkLacking()
}

// cutoverMonth plays the days.
type cutoverMonth struct{ *runbookRig }

// prepare fills the database, applies the report, and puts the previous system's workbooks
// of the whole month where they belong: what they say is the same every day.
func (c *cutoverMonth) prepare() {
	c.execute("create table stock (tenant text, target text, item text, pieces int)")
	for _, tenant := range cutoverTenants() {
		c.execute(fmt.Sprintf("insert into stock select '%s', 'store-' || s, 'item ' || i, 3 from generate_series(1, 3) s, generate_series(1, 4) i", tenant))
	}
	c.file("daily.yaml", cutoverReport)
	c.file("tenants.txt", strings.Join(cutoverTenants(), "\n")+"\n")
	c.run(exitDone, "setup")
	c.route(jetsheet.RouteLegacy)
	c.run(exitDone, "reports", "apply", filepath.Join(c.dir, "daily.yaml"), "--from=2099-01-01T00:00:00Z")
	book := filepath.Join(c.dir, "book.xlsx")
	c.run(exitDone, "reports", "preview", filepath.Join(c.dir, "daily.yaml"), "--tenant=101", "--target=store-1", "--tick="+c.tick(1).Format(time.RFC3339), "-o", book)
	content, err := os.ReadFile(book)
	c.check(err)
	for _, tenant := range cutoverTenants() {
		for day := range 14 {
			for target := range 3 {
				key := fmt.Sprintf("old/%s/%s/store-%d.xlsx", tenant, c.tick(day).Format(time.DateOnly), target+1)
				_, err := c.s3.Client().PutObject(c.t.Context(), &s3.PutObjectInput{Bucket: &c.bucket, Key: &key, Body: bytes.NewReader(content)})
				c.check(err)
			}
		}
	}
}

func (c *cutoverMonth) check(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *cutoverMonth) file(name, text string) {
	c.check(os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o600))
}

// tick is five o'clock in Tokyo of a day.
func (c *cutoverMonth) tick(day int) time.Time {
	return time.Date(2026, 10, 4+day, 20, 0, 0, 0, time.UTC)
}

func (c *cutoverMonth) id(day int) jetsheet.RunID {
	return jetsheet.RunID{Report: "daily", Tick: c.tick(day)}
}

// day plays the run of a day to its end.
func (c *cutoverMonth) day(day, code int) {
	c.t.Helper()
	c.run(exitDone, "runs", "start", "daily", "--tick="+c.tick(day).Format(time.RFC3339))
	c.run(code, "runs", "wait", c.id(day).String(), "--timeout=1m")
}

// expect is how waiting for a day ends: on the first nobody has moved.
func (c *cutoverMonth) expect(day int) int {
	if day == 1 {
		return exitNothing
	}
	return exitDone
}

// awaitReturn waits until ops has taken group 3 back, and tells people.
func (c *cutoverMonth) awaitReturn() {
	c.await("group 3 goes back", time.Minute, func() bool {
		history, _ := c.run(exitDone, "flags", "history", "--limit=1", "--json")
		return strings.Contains(history, `"author":"jetsheet-ops"`) && strings.Contains(history, `"group":"g3","from":"new","to":"legacy"`)
	})
	c.await("a notice of that", time.Minute, func() bool {
		reply, err := c.conn.Request("conversions.ops.notices", nil, 5*time.Second)
		return err == nil && strings.Contains(string(reply.Data), `"kind":"returned"`)
	})
}

// checkRoutes holds who made what on some days.
func (c *cutoverMonth) checkRoutes() {
	reader, err := ops.NewReader(c.t.Context(), c.js)
	c.check(err)
	for day, want := range map[int]string{
		1:  "legacy 33",
		4:  "legacy 27, shadow 6",
		8:  "legacy 15, new 6, shadow 12",
		9:  "legacy 15, new 18",
		12: "new 12, shadow 21",
		13: "new 33",
	} {
		run, err := reader.Run(c.t.Context(), c.id(day))
		c.check(err)
		if got := countsByName(run.Routes); got != want || run.Counts.Failed != 0 {
			c.t.Errorf("day %d: routes %s, %d failed, want %s and none", day, got, run.Counts.Failed, want)
		}
	}
}

// checkLacking holds what says that the previous system can be switched off, and that it
// cannot: one of its tenants has no row in the targets query.
func (c *cutoverMonth) checkLacking() {
	routes := func(tenant ...string) (stdout, stderr string) {
		return c.run(exitDone, append([]string{"runs", "routes", c.id(13).String(), "--previous", "--tenants-file", filepath.Join(c.dir, "tenants.txt")}, tenant...)...)
	}
	if out, said := routes(); out != "" || said != "" {
		c.t.Errorf("of the known tenants runs routes prints %q and says %q, want nothing", out, said)
	}
	want := "neither system makes a workbook of 1 tenant routed new, which the targets query did not return: 903; next: "
	if out, said := routes("--tenant=903"); out != "" || !strings.Contains(said, want) {
		c.t.Errorf("of a tenant without a row runs routes prints %q and says %q, want %q", out, said, want)
	}
}
