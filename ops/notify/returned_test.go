package notify

import (
	"context"
	"errors"
	"testing"

	"github.com/jetsheet/jetsheet"
)

func TestReturnedGroupIsOfConcernUntilSomebodyDecides(t *testing.T) {
	t.Parallel()
	r := setup(t)
	var list []Returned
	var fault error
	s := r.seeing()
	s.returns = func(context.Context) ([]Returned, error) { return list, fault }
	if got := r.see(s, KindReturned); len(got) != 0 {
		t.Errorf("got %+v, want no concern", got)
	}
	list = []Returned{{Group: "大口 1", Revision: 7, At: start, Reason: "too much failed"}}
	got := r.see(s, KindReturned)
	if len(got) != 1 || got[0].Key != jetsheet.NoticeKey("returned", "大口 1", "7") || got[0].FirstError != "too much failed" || !got[0].Since.Equal(start) {
		t.Errorf("got %+v, want one concern about revision 7", got)
	}
	fault = errors.New("NATS does not answer")
	if sight := s.Look(t.Context(), start); !errors.Is(sight.Blind[KindReturned], fault) {
		t.Errorf("blind %v, want %v", sight.Blind, fault)
	}
}
