package spelling_test

import (
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/internal/spelling"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"schedule", "timeZone", "rows", "key", "until"}
	for word, want := range map[string]string{
		"shedule": "schedule", "time-zone": "timeZone", "Rows": "rows", "rwos": "rows", "ky": "key", "unti": "until",
		"banana": "", "": "", "x": "", strings.Repeat("schedule", 20): "",
	} {
		if got := spelling.Nearest(word, known); got != want {
			t.Errorf("nearest to %q: got %q, want %q", word, got, want)
		}
	}
}
