package uploader

import (
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// TestOutcomeNamesTheDefinitionOfWhatIsThere: of two attempts with different definitions
// the first one's workbook stays, and DONE tells of that one.
func TestOutcomeNamesTheDefinitionOfWhatIsThere(t *testing.T) {
	t.Parallel()
	r := setup(t)
	frozen, current := strings.Repeat("0f", 32), strings.Repeat("e1", 32)
	request := r.request(1, "s1")
	u := r.uploader()
	first := r.event(request, noise(500))
	first.DefinitionSHA256 = frozen
	if out, err := u.publish(t.Context(), &delivery.Job{}, first); err != nil || out.there.definition != frozen {
		t.Fatalf("publish: got %+v, %v, want the definition %s", out, err, frozen)
	}
	second := r.render(request, noise(600))
	second.DefinitionSHA256 = current
	r.announce(second)
	r.run(u)
	if d := r.done(request.Conversion()); d.DefinitionSHA256 != frozen || d.SHA256 != first.SHA256 {
		t.Errorf("done %+v, want the first workbook with the definition %s", d, frozen)
	}
	unsaid := r.request(1, "s2")
	without := r.render(unsaid, noise(700))
	without.DefinitionSHA256 = "no digest\r\n"
	r.announce(without)
	if d := r.done(unsaid.Conversion()); d.DefinitionSHA256 != "" || d.State != jetsheet.DonePublished {
		t.Errorf("done %+v, want it published without a definition", d)
	}
}

// TestLostWorkbookIsAskedForWithItsDefinition: what is rendered again is rendered with
// the same definition.
func TestLostWorkbookIsAskedForWithItsDefinition(t *testing.T) {
	t.Parallel()
	r := setup(t)
	request := r.request(1, "s1")
	e := r.render(request, noise(500))
	if err := r.store.Delete(t.Context(), e.Object); err != nil {
		t.Fatal(err)
	}
	digest := strings.Repeat("0f", 32)
	r.announce(e, jetsheet.HeaderDefinition, digest)
	r.run(r.uploader())
	subject := jetsheet.RequestSubject(request.Lane, request.Conversion())
	r.eventually("it is asked for again", func() bool { return r.last(jetsheet.StreamConversions, subject) != nil })
	if m := r.last(jetsheet.StreamConversions, subject); m.Header.Get(jetsheet.HeaderDefinition) != digest {
		t.Errorf("the request has the headers %v, want the definition kept", m.Header)
	}
}
