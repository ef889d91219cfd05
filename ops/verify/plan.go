package verify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// digest stands for a key or an id where there are many.
type digest [16]byte

func digestOf(key string) digest {
	sum := sha256.Sum256([]byte(key))
	return digest(sum[:16])
}

// eachTarget calls each for every target of the plan that is to be looked at, in the
// plan's order. The plan is a stream; that it is the run's is known at its end, when its
// digest is compared.
func (v *verifier) eachTarget(ctx context.Context, each func(*jetsheet.Target) error) error {
	name := v.run.Plan.Object
	object, err := v.plans.Open(ctx, name)
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return fmt.Errorf("the plan of run %s is no longer in NATS: too old, or lost; without it nobody knows what there should be; to make the run again: %s",
			v.run.ID(), jetsheet.StartAgain(v.run.ID(), v.run.Frozen.Scope))
	}
	if err != nil {
		return fmt.Errorf("read plan %s: %w", name, err)
	}
	sum := sha256.New()
	plan := jetsheet.NewPlanReader(io.TeeReader(object, sum))
	for {
		var t jetsheet.Target
		err := plan.Read(&t)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read plan %s: %w", name, err)
		}
		if v.options.Tenant != "" && t.Tenant != v.options.Tenant {
			continue
		}
		if err := each(&t); err != nil {
			return err
		}
	}
	if hex.EncodeToString(sum.Sum(nil)) != v.run.Plan.SHA256 {
		return fmt.Errorf("read plan %s: %w: its sha256 is not the one in the run's record", name, jetsheet.ErrPlan)
	}
	return nil
}

// planned is what is remembered of a conversion between the passes over the plan.
type planned struct {
	fingerprint         digest // of what the targets query decides; deep only
	route               uint8
	done, failed, again bool // again: it waits in a queue, or is tried again by itself
	problem, seen       bool
}

const (
	routeLegacy uint8 = iota
	routeShadow
	routeNew
	routeHold
)

func routeNumber(r jetsheet.Route) uint8 {
	switch r {
	case jetsheet.RouteShadow:
		return routeShadow
	case jetsheet.RouteNew:
		return routeNew
	case jetsheet.RouteHold:
		return routeHold
	default:
		return routeLegacy
	}
}

// readPlan remembers every target.
func (v *verifier) readPlan(ctx context.Context) error {
	return v.eachTarget(ctx, func(t *jetsheet.Target) error {
		p := planned{route: routeNumber(t.Route), problem: t.Problem != nil}
		if v.options.Deep {
			p.fingerprint = fingerprint(t)
		}
		v.planned[v.keyOf(t)] = p
		v.findings.count(func(r *Report) {
			if t.Route.Expected() {
				r.Expected++
			} else {
				r.Previous++
			}
		})
		return nil
	})
}

func (v *verifier) conversion(t *jetsheet.Target) jetsheet.Conversion {
	return jetsheet.Conversion{Run: v.run.ID(), Tenant: t.Tenant, Target: t.Target}
}

func (v *verifier) keyOf(t *jetsheet.Target) digest {
	return digestOf(v.conversion(t).Address().Key())
}
