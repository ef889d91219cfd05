package provider

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/jetsheet/jetsheet/flags/definition"
)

// Config says how a provider works. Source is required.
type Config struct {
	Source Source
	// Name is the provider's name in events and telemetry; "" means jetsheet.
	Name string
	// InitLimit is how long Init waits for the first document; 0 means 2 s. It must be
	// below the limit of whoever sets the provider, who else sees NOT_READY.
	InitLimit time.Duration
	// Grace is how long the source may be out of reach before STALE becomes ERROR; 0
	// means 5 s.
	Grace time.Duration
	// Logger gets what changes about the document; nil logs nothing.
	Logger *slog.Logger
	// Hooks run around every evaluation; see [Log], [Counter] and [Observe].
	Hooks []openfeature.Hook
}

// Provider is an OpenFeature provider. Make one with [New] and give it to the SDK,
// which starts and stops it. It may be evaluated concurrently, started again after it
// was stopped, and be bound to several domains of one API.
type Provider struct {
	config Config
	log    *slog.Logger
	// loaded is nil without a document. Evaluations read this and outdated only.
	loaded atomic.Pointer[loaded]
	// outdated says that what is loaded may not be the newest; see ReasonStale.
	outdated atomic.Bool
	events   *events

	mu      sync.Mutex
	session *session // nil while stopped
}

var (
	_ openfeature.FeatureProvider          = (*Provider)(nil)
	_ openfeature.ContextAwareStateHandler = (*Provider)(nil)
	_ openfeature.EventHandler             = (*Provider)(nil)
)

// loaded is a document in use.
type loaded struct {
	set     *definition.Set
	version string
	at      time.Time
}

// New returns a provider that does nothing until Init.
func New(config Config) (*Provider, error) {
	if config.Source == nil {
		return nil, errors.New("flag provider: no source given")
	}
	if config.Name == "" {
		config.Name = "jetsheet"
	}
	if config.InitLimit <= 0 {
		config.InitLimit = 2 * time.Second
	}
	if config.Grace <= 0 {
		config.Grace = 5 * time.Second
	}
	p := &Provider{config: config, log: config.Logger, events: newEvents(config.Name)}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	return p, nil
}

// Metadata returns the provider's name.
func (p *Provider) Metadata() openfeature.Metadata { return openfeature.Metadata{Name: p.config.Name} }

// Hooks returns those of the configuration.
func (p *Provider) Hooks() []openfeature.Hook { return p.config.Hooks }

// EventChannel returns the channel of all events. It stays the same and is never closed.
func (p *Provider) EventChannel() <-chan openfeature.Event { return p.events.out }

// Status is what a provider knows about itself.
type Status struct {
	State openfeature.State
	// Problem is why the state is not READY, nil if it is.
	Problem error
	// Version and SHA256 are of the document in use; "" without one.
	Version, SHA256 string
	// LoadedAt is since when it is in use.
	LoadedAt time.Time
}

// Status returns the state that the last event told, or will tell next.
func (p *Provider) Status() Status {
	status := Status{State: openfeature.NotReadyState}
	p.mu.Lock()
	if p.session != nil {
		status.State, status.Problem = p.session.state()
	}
	p.mu.Unlock()
	if l := p.loaded.Load(); l != nil {
		status.Version, status.SHA256, status.LoadedAt = l.version, l.set.SHA256(), l.at
	}
	return status
}

// Init starts the provider; see InitWithContext.
func (p *Provider) Init(evaluationContext openfeature.EvaluationContext) error {
	return p.InitWithContext(context.Background(), evaluationContext)
}

// Shutdown stops the provider; see ShutdownWithContext.
func (p *Provider) Shutdown() { _ = p.ShutdownWithContext(context.Background()) }
