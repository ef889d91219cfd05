//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
)

// Names of the reports.
const (
	reportStill    = "still"    // many small workbooks, of unchanging records
	reportMoving   = "moving"   // of records that change while they are read
	reportLarge    = "large"    // a few of several chunks
	reportForms    = "forms"    // of a customer's form, with pictures; one tenant's are compared
	reportMinutely = "minutely" // runs by the calendar, each in place of the last
)

// reportNames are the reports that are started by hand, the first more often.
var reportNames = []string{reportStill, reportStill, reportStill, reportMoving, reportMoving, reportLarge, reportForms}

// tenants is how many there are.
const tenants = 6

func tenantName(i int) string { return "t" + strconv.Itoa(i) }

// movingSum is what the amounts of a moving target always add up to.
const movingSum = 40 * 100

const stillReport = `report: {NAME}
schedule: {cron: "{CRON}", timeZone: UTC, catchUp: all}
period: day
targets: |
  select tenant_id as tenant, id as target, weight from sites {WHERE}
queries:
  records: |
    select n, note, recorded_at, 10 / divisor as q from records
    where tenant_id = @tenant and site = @target and stumble(@target)
      and (select pg_sleep(pause) is not null from sites where tenant_id = @tenant and id = @target) order by n
workbook: {sheets: [{name: records, rows: records}]}
empty: skip
output: {key: "{report}/{tenant}/{period}/{target}.xlsx", filename: "{target}_{period}.xlsx"}
lanes: {large: 8}
`

const movingReport = `report: moving
schedule: {cron: "0 5 * * *", timeZone: UTC, catchUp: all}
period: day
targets: |
  select tenant_id as tenant, id as target, 1 as weight from heads
queries:
  amounts: |
    select version, amount from amounts
    where tenant_id = @tenant and site = @target and pg_sleep(0.005) is not null order by n
  heads: |
    select version from heads where tenant_id = @tenant and id = @target
workbook: {sheets: [{name: amounts, rows: amounts}, {name: heads, rows: heads}]}
output: {key: "{report}/{tenant}/{period}/{target}.xlsx"}
`

const largeReport = `report: large
schedule: {cron: "0 5 * * *", timeZone: UTC, catchUp: all}
period: day
targets: |
  select tenant_id as tenant, 'all' as target, 100 as weight from noise group by tenant_id
queries:
  noise: |
    select n, bytes from noise where tenant_id = @tenant and @target <> '' order by n
workbook: {sheets: [{name: noise, rows: noise}]}
output: {key: "{report}/{tenant}/{period}/{target}.xlsx"}
lanes: {large: 10}
`

// definitions are the reports by name.
func definitions() map[string]string {
	fill := func(name, cron, where string) string {
		return strings.NewReplacer("{NAME}", name, "{CRON}", cron, "{WHERE}", where).Replace(stillReport)
	}
	return map[string]string{
		reportStill:    fill(reportStill, "0 5 * * *", ""),
		reportMinutely: fill(reportMinutely, "* * * * *", "where id in ('s1', 's8')"),
		reportMoving:   movingReport,
		reportLarge:    largeReport,
		reportForms:    formsReport,
	}
}

// writeDefinitions writes each report into a file of its name.
func writeDefinitions(dir string) error {
	for name, text := range definitions() {
		if err := os.WriteFile(filepath.Join(dir, name+".yaml"), []byte(text), 0o600); err != nil {
			return fmt.Errorf("write report %s: %w", name, err)
		}
	}
	return nil
}

// lastTick is one that no schedule starts.
const lastTick = 200

// tick is the nth tick that people ask for: long before any that the calendar gives.
func tick(nth int) time.Time {
	return time.Date(2026, 1, 1, 5, 0, 0, 0, time.UTC).AddDate(0, 0, nth)
}

// plannedFailure says whether a failure of a target, given by its token, is one that the
// workload means to have.
func plannedFailure(report, target string, cause jetsheet.Cause) bool {
	switch cause {
	case jetsheet.CauseStatement:
		return report == reportStill && target == "broken"
	case jetsheet.CauseTargetID:
		return report == reportStill && strings.HasPrefix(target, "==") // an id that is too long has a digest for a token
	default:
		return false
	}
}
