package jetsheet_test

import (
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/jetsheet/jetsheet"
)

func TestNumberID(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{
		"7": "7", "-7": "-7", "0": "0", "-0": "0", "1.0": "1", "10": "10", "1e3": "1000", "1E+3": "1000", "1.5e1": "15", "70e-1": "7", "0.0e5": "0", "0e-9": "0",
		"9007199254740993": "9007199254740993", "12345678901234567890": "12345678901234567890", "12345678901234567890.00": "12345678901234567890", "1e21": "1" + strings.Repeat("0", 21),
		"1.5": "", "7e-1": "", "0.1": "", "1e999": "", "1e9223372036854775807": "", "1e-9223372036854775808": "", "1e99999999999999999999": "", "1e-99999999999": "", strings.Repeat("9", 257): "",
	} {
		if got, ok := jetsheet.NumberID(number); got != want || ok != (want != "") {
			t.Errorf("NumberID(%s) = %q, %t, want %q", number, got, ok, want)
		}
	}
}

// TestNumberIDIsExact compares with fractions of any size.
func TestNumberIDIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.StringMatching(`-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,6})?([eE][+-]?[0-9]{1,2})?`).Draw(t, "number")
		exact, ok := new(big.Rat).SetString(number)
		if !ok {
			t.Fatalf("%s is no number", number)
		}
		want := ""
		if exact.IsInt() {
			want = exact.Num().String()
		}
		if got, isID := jetsheet.NumberID(number); got != want || isID != exact.IsInt() {
			t.Errorf("NumberID(%s) = %q, %t, want %q", number, got, isID, want)
		}
	})
}

func TestTenantIDsFromJSON(t *testing.T) {
	t.Parallel()
	var ids jetsheet.TenantIDs
	if err := json.Unmarshal([]byte(`["7", 7, 8.0, 9007199254740993, "08", ""]`), &ids); err != nil {
		t.Fatal(err)
	}
	if want := []string{"7", "7", "8", "9007199254740993", "08", ""}; !slices.Equal(ids, want) {
		t.Errorf("got %q, want %q", ids, want)
	}
	if text, err := json.Marshal(ids[:2]); err != nil || string(text) != `["7","7"]` {
		t.Errorf("written %s, %v, want texts", text, err)
	}
	for wrong, want := range map[string]string{
		`[1.5]`: "1.5 is no", `["7", null]`: "null is no", `[true]`: "true is no", `[[1]]`: "[1] is no", `[{"id":7}]`: `{"id":7} is no`,
		`7`: "tenants are a list", `"7"`: "tenants are a list", `{}`: "tenants are a list",
	} {
		if err := json.Unmarshal([]byte(wrong), &ids); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is read as %q, %v, want an error with %q", wrong, ids, err, want)
		}
	}
}
