package xlsx

import (
	"strconv"
	"testing"
)

func TestStylesHaveALimit(t *testing.T) {
	t.Parallel()
	s := newStyles() // the first one is General
	for i := 1; i < maxStyles; i++ {
		s.id(style{code: strconv.Itoa(i)})
	}
	if err := s.check(); err != nil {
		t.Errorf("%d styles: %v", maxStyles, err)
	}
	s.id(style{code: "one more"})
	if err := s.check(); err == nil {
		t.Errorf("%d styles are taken", maxStyles+1)
	}
}
