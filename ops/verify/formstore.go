package verify

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops/templates"
)

// maxForms bounds the forms that are kept; most runs have one.
const maxForms = 16

// forms are templates that were read, by their digests.
type forms struct {
	mu    sync.Mutex
	known map[string]*form
}

// formOf returns the form that a target's workbook was made of: the bytes that the plan
// names, whatever the template's name means now. One that is not there, or cannot be read,
// is an [*incomparableError].
func (v *verifier) formOf(ctx context.Context, t *jetsheet.Target) (*form, error) {
	v.forms.mu.Lock()
	defer v.forms.mu.Unlock()
	if f, ok := v.forms.known[t.TemplateSHA256]; ok {
		return f, nil
	}
	store, err := templates.Open(ctx, v.cfg.JetStream)
	if err != nil {
		return nil, err
	}
	file, err := store.Bytes(ctx, t.TemplateSHA256)
	switch {
	case errors.Is(err, templates.ErrUnknown), errors.Is(err, templates.ErrDamaged):
		return nil, &incomparableError{fmt.Sprintf("%v; the file that it was put from mends it: jetsheet templates put %s FILE.xlsx", err, t.Template)}
	case err != nil:
		return nil, err
	}
	f, err := readForm(file)
	if err != nil {
		return nil, &incomparableError{fmt.Sprintf("template %s: %v", t.Template, err)}
	}
	if len(v.forms.known) >= maxForms {
		clear(v.forms.known)
	}
	if v.forms.known == nil {
		v.forms.known = map[string]*form{}
	}
	v.forms.known[t.TemplateSHA256] = f
	return f, nil
}
