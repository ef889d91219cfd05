package producer

import (
	"context"
	"fmt"

	"github.com/jetsheet/jetsheet"
)

// Templates says what the names of templates mean.
type Templates interface {
	// Digest returns the sha256 of what a name means now, "" where nobody stored such a
	// template. An error passes.
	Digest(ctx context.Context, name string) (string, error)
}

// templateDigests freezes templates into one plan: all targets of a run that name a
// template get the same one, whatever is stored meanwhile.
type templateDigests struct {
	templates Templates
	run       jetsheet.RunID
	known     map[string]string
}

// freeze gives a target the digest of the template that it names. A name that nobody
// stored is the target's problem.
func (d *templateDigests) freeze(ctx context.Context, t *jetsheet.Target) error {
	if t.Template == "" {
		return nil
	}
	digest, ok := d.known[t.Template]
	if !ok {
		var err error
		if digest, err = d.templates.Digest(ctx, t.Template); err != nil {
			return &planError{jetsheet.ClassUnavailable, "", fmt.Errorf("look up template %s: %w", t.Template, err)}
		}
		d.known[t.Template] = digest
	}
	if digest == "" {
		t.Problem = &jetsheet.TargetProblem{Cause: jetsheet.CauseTemplateUnknown, Message: fmt.Sprintf(
			"there is no template %s; store it with: jetsheet templates put %s FILE.xlsx, then: %s", t.Template, t.Template, jetsheet.StartAgain(d.run, jetsheet.Scope{}))}
		return nil
	}
	t.TemplateSHA256 = digest
	return nil
}
