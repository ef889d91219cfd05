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

// maxCachedTemplates is how much memory compiled templates may take that are kept: a form
// takes some 100 KiB, and one of 400,000 cells with markers, which intake lets through, 300 MiB.
const maxCachedTemplates = 64 << 20

// templateCache keeps compiled templates: what a digest names never changes.
type templateCache struct {
	source Templates
	// limit is how many bytes the kept ones may have together; the one that was compiled
	// last is kept anyhow.
	limit int64
	mu    sync.Mutex
	kept  map[templateKey]*cachedTemplate
}

// templateKey names a compiled template: how it shows dates is compiled in.
type templateKey struct{ digest, locale string }

type cachedTemplate struct {
	// making is held by who fetches and compiles it; others wait, so that it is done once.
	making   chan struct{}
	compiled *template.Template
	size     int64     // under the cache's lock, as is used
	used     time.Time // when it was asked for last
}

func newTemplateCache(source Templates) *templateCache {
	return &templateCache{source: source, limit: maxCachedTemplates, kept: map[templateKey]*cachedTemplate{}}
}

// of returns the template of a request; nil for a workbook of sheets.
func (c *templateCache) of(ctx context.Context, r *jetsheet.Request) (*template.Template, error) {
	if r.Template == "" {
		return nil, nil
	}
	if !jetsheet.ValidDigest(r.TemplateSHA256) {
		return nil, delivery.Permanent(jetsheet.CauseWorkbook, fmt.Errorf("the request names the template %s without its sha256; plan it anew with: %s",
			r.Template, jetsheet.StartAgain(r.Run, jetsheet.Scope{Tenant: r.Tenant, Target: r.Target.Target})))
	}
	key := templateKey{r.TemplateSHA256, r.Locale}
	entry := c.entry(key)
	select {
	case entry.making <- struct{}{}:
		defer func() { <-entry.making }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if entry.compiled != nil {
		return entry.compiled, nil
	}
	compiled, err := c.compile(ctx, r)
	if err != nil {
		c.drop(key, entry)
		return nil, err
	}
	entry.compiled = compiled
	c.keep(key, entry)
	return compiled, nil
}

// compile fetches and compiles the template of a request.
func (c *templateCache) compile(ctx context.Context, r *jetsheet.Request) (*template.Template, error) {
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
	compiled, err := template.Compile(file, template.Options{Locale: r.Locale})
	if err != nil {
		return nil, delivery.Permanent(jetsheet.CauseWorkbook, fmt.Errorf("template %s: %w; look at it with: jetsheet templates check %s", r.Template, err, r.Template))
	}
	return compiled, nil
}

// entry is the one of a key.
func (c *templateCache) entry(key templateKey) *cachedTemplate {
	c.mu.Lock()
	defer c.mu.Unlock()
	entry, ok := c.kept[key]
	if !ok {
		entry = &cachedTemplate{making: make(chan struct{}, 1)}
		c.kept[key] = entry
	}
	entry.used = time.Now()
	return entry
}

// drop takes an entry out that has nothing.
func (c *templateCache) drop(key templateKey, entry *cachedTemplate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept[key] == entry {
		delete(c.kept, key)
	}
}

// keep makes room for an entry that was compiled: those go that were asked for least
// recently. Whoever fills one of them still has it.
func (c *templateCache) keep(key templateKey, entry *cachedTemplate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	entry.size = entry.compiled.SizeBytes()
	c.kept[key] = entry
	var size int64
	for _, kept := range c.kept {
		size += kept.size
	}
	for size > c.limit {
		oldest, ok := c.oldest(key)
		if !ok {
			return
		}
		size -= c.kept[oldest].size
		delete(c.kept, oldest)
	}
}

// oldest is the compiled template that was asked for least recently, but for one.
func (c *templateCache) oldest(except templateKey) (oldest templateKey, ok bool) {
	for key, entry := range c.kept {
		if key == except || entry.size == 0 {
			continue
		}
		if !ok || entry.used.Before(c.kept[oldest].used) {
			oldest, ok = key, true
		}
	}
	return oldest, ok
}
