package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/ops/templates"
)

// templateStore is the store of templates as the stages want it.
type templateStore struct{ store *templates.Store }

func openTemplates(ctx context.Context, p parts) (*templateStore, error) {
	store, err := templates.Open(ctx, p.js)
	return &templateStore{store}, err
}

// Digest implements [producer.Templates].
func (s *templateStore) Digest(ctx context.Context, name string) (string, error) {
	revision, err := s.store.Get(ctx, name, 0)
	switch {
	case errors.Is(err, templates.ErrUnknown):
		return "", nil
	case err != nil:
		return "", err
	}
	return revision.SHA256, nil
}

// Bytes implements [renderer.Templates].
func (s *templateStore) Bytes(ctx context.Context, digest string) ([]byte, error) {
	file, err := s.store.Bytes(ctx, digest)
	switch {
	case errors.Is(err, templates.ErrUnknown), errors.Is(err, templates.ErrDamaged):
		return nil, delivery.Permanent(jetsheet.CauseWorkbook, fmt.Errorf("%w; the file it was put from mends it: jetsheet templates put NAME FILE.xlsx", err))
	case err != nil:
		return nil, delivery.Unavailable("object store "+jetsheet.StoreTemplates, err)
	}
	return file, nil
}
