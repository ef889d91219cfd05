package renderer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// Templates hands out the customers' templates that plans name.
type Templates interface {
	// Bytes returns the .xlsx with a sha256. A [*delivery.Error] says whether to wait for
	// it or to give it up.
	Bytes(ctx context.Context, digest string) ([]byte, error)
}

// maxCachedTemplates bounds the compiled templates that are kept: some megabytes each.
const maxCachedTemplates = 32

// templateCache keeps compiled templates: what a digest names never changes.
type templateCache struct {
	source Templates
	mu     sync.Mutex
	kept   map[templateKey]*cachedTemplate
}

// templateKey names a compiled template: how it shows dates is compiled in.
type templateKey struct{ digest, locale string }

type cachedTemplate struct {
	// making is held by who fetches and compiles it; others wait, so that it is done once.
	making   chan struct{}
	compiled *template.Template
	used     time.Time // under the cache's lock
}

func newTemplateCache(source Templates) *templateCache {
	return &templateCache{source: source, kept: map[templateKey]*cachedTemplate{}}
}

// of returns the template of a request; nil for a workbook of sheets.
func (c *templateCache) of(ctx context.Context, r *jetsheet.Request) (*template.Template, error) {
	if r.Template == "" {
		return nil, nil
	}
	if !jetsheet.ValidDigest(r.TemplateSHA256) {
		return nil, delivery.Permanent(jetsheet.CauseWorkbook, fmt.Errorf("the request names the template %s without its sha256; plan it anew with: jetsheet runs start %s --again", r.Template, r.Run.Report))
	}
	entry := c.entry(templateKey{r.TemplateSHA256, r.Locale})
	select {
	case entry.making <- struct{}{}:
		defer func() { <-entry.making }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if entry.compiled != nil {
		return entry.compiled, nil
	}
	file, err := c.source.Bytes(ctx, r.TemplateSHA256)
	var classed *delivery.Error
	if errors.As(err, &classed) {
		named := *classed
		named.Err = fmt.Errorf("template %s: %w", r.Template, classed.Err)
		return nil, &named
	}
	if err != nil {
		return nil, fmt.Errorf("template %s: %w", r.Template, err)
	}
	entry.compiled, err = template.Compile(file, template.Options{Locale: r.Locale})
	if err != nil {
		return nil, delivery.Permanent(jetsheet.CauseWorkbook, fmt.Errorf("template %s: %w; look at it with: jetsheet templates check %s", r.Template, err, r.Template))
	}
	return entry.compiled, nil
}

// entry is the one of a key, with room made for it.
func (c *templateCache) entry(key templateKey) *cachedTemplate {
	c.mu.Lock()
	defer c.mu.Unlock()
	entry, ok := c.kept[key]
	if !ok {
		if len(c.kept) >= maxCachedTemplates {
			c.dropOldest()
		}
		entry = &cachedTemplate{making: make(chan struct{}, 1)}
		c.kept[key] = entry
	}
	entry.used = time.Now()
	return entry
}

func (c *templateCache) dropOldest() {
	var oldest templateKey
	var used time.Time
	for key, entry := range c.kept {
		if used.IsZero() || entry.used.Before(used) {
			oldest, used = key, entry.used
		}
	}
	delete(c.kept, oldest)
}
