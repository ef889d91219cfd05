package delivery_test

import (
	"errors"
	"testing"

	"github.com/jetsheet/jetsheet/internal/delivery"
)

func TestComplaintIsMadeOnce(t *testing.T) {
	t.Parallel()
	gone, full := errors.New("gone"), errors.New("full")
	var c delivery.Complaint
	for i, step := range []struct {
		err  error
		want bool
	}{{nil, false}, {gone, true}, {gone, false}, {errors.New("gone"), false}, {full, true}, {gone, true}, {nil, false}, {gone, true}} {
		if got := c.Changed(step.err); got != step.want {
			t.Errorf("step %d, %v: changed %t, want %t", i, step.err, got, step.want)
		}
	}
}
