package producer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// shelf is a store of templates.
type shelf struct {
	mu      sync.Mutex
	digests map[string]string
	asked   map[string]int
	down    error
}

func (s *shelf) Digest(_ context.Context, name string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[name]++
	return s.digests[name], s.down
}

func (s *shelf) change(down error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// A plan has the digest of each template; a target whose template nobody stored fails
// alone, and says what to do.
func TestTemplatesAreFrozenIntoThePlan(t *testing.T) {
	t.Parallel()
	r := setup(t)
	templates := &shelf{digests: map[string]string{"form": strings.Repeat("a1", 32), "own": strings.Repeat("b2", 32)}, asked: map[string]int{}, down: errors.New("no answer")}
	r.cfg.Templates = templates
	r.sites(3, 1, "a")
	r.exec(`insert into sites (tenant, target, note) values ('a', 'own', 'own'), ('a', 'lost', 'lost'), ('legacy', 'x', 'lost')`)
	r.routes(map[string]jetsheet.Route{"legacy": jetsheet.RouteLegacy})
	text := strings.NewReplacer("note as name_note", "note as template", "and @row_name_note is null", "", "{sheets: [{name: Sheet, rows: records}]}", "{template: form}").Replace(daily)
	r.apply("daily", text, midnight.Add(-time.Hour))
	var mu sync.Mutex
	got := map[string]string{}
	r.work(func(request jetsheet.Request, m jetstream.Msg) error {
		mu.Lock()
		defer mu.Unlock()
		got[request.Target.Target] = fmt.Sprint(request.Template, " ", request.TemplateSHA256[:2], " ", request.MinReader)
		return errors.Join(r.done(request.Conversion()), m.Ack())
	})
	r.start()
	id := jetsheet.RunID{Tick: midnight, Report: "daily"}
	r.eventually("the run says what it waits for", func() bool {
		run := r.run(id)
		return run != nil && run.Problem != nil && strings.Contains(run.Problem.Message, "look up template form: no answer")
	})
	templates.change(nil)
	run := r.until(id, jetsheet.RunClosed)
	if want := (jetsheet.Counts{Expected: 5, Done: 4, Failed: 1}); *run.Closed != want {
		t.Errorf("closed with %+v, want %+v", *run.Closed, want)
	}
	mu.Lock()
	defer mu.Unlock()
	if want := "map[own:own b2 2 s1:form a1 2 s2:form a1 2 s3:form a1 2]"; fmt.Sprint(got) != want {
		t.Errorf("requests %v, want %s", got, want)
	}
	failures := r.failures()
	const command = "there is no template lost; store it with: jetsheet templates put lost FILE.xlsx, then: jetsheet runs start daily --tick "
	for _, f := range failures {
		if f.Cause != jetsheet.CauseTemplateUnknown || !strings.Contains(f.Message, command) {
			t.Errorf("failure %s, %q, want one that says %q", f.Cause, f.Message, command)
		}
	}
	if templates.asked["own"] != 1 || templates.asked["lost"] != 1 {
		t.Errorf("asked %v, want once for each name, and not for the previous system's tenant", templates.asked)
	}
}
