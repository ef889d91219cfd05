package report_test

import (
	"fmt"

	"github.com/jetsheet/jetsheet/internal/report"
)

func ExampleParseStatement() {
	statement, err := report.ParseStatement(`
select recorded_at, '@ home' as place -- not a @parameter
from records
where tenant_id = @tenant and data @> '{"ok": true}'
  and recorded_at >= @from and recorded_at < @until and tenant_id = @tenant;`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(statement.SQL)
	fmt.Println(statement.Params)

	_, err = report.ParseStatement("select 1\nfrom t where at <@until")
	fmt.Println(err)
	// Output:
	// select recorded_at, '@ home' as place -- not a @parameter
	// from records
	// where tenant_id = $1 and data @> '{"ok": true}'
	//   and recorded_at >= $2::timestamptz and recorded_at < $3::timestamptz and tenant_id = $1
	// [tenant from until]
	// line 2, column 17: <@ directly before a name reads both ways; write < @until to compare with the parameter or <@ until for "is contained by"
}
