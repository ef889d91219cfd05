package ops

import "testing"

func TestCheckTick(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"2026-10-31T20:00:00Z": true, "2026-11-01T05:00:00+09:00": true, "20261031T200000Z": true,
		"2026-11-01 05:00": true, "2026-11-01T05:00": true, "2026-11-01 05:00:00": true, "2026-11-01": true,
		"tomorrow": false, "2026-13-01": false, "2026-11": false, "05:00": false, "": false,
	} {
		if err := CheckTick(text); (err == nil) != want {
			t.Errorf("CheckTick(%q) = %v, want it taken: %t", text, err, want)
		}
	}
}
