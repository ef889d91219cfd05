package model

// state is how far a run has come.
type state uint8

const (
	planning state = iota
	publishing
	opened
	closed
)

func (s state) String() string { return [...]string{"planning", "publishing", "open", "closed"}[s] }

const noPlan = -1

// record is a run in KV. A stored one is never changed, only replaced.
type record struct {
	revision    int
	frozen      *frozen
	state       state
	plan        int // the object's number, noPlan before
	expected    int
	cancelledAt int64
}

// target is a line of a plan.
type target struct {
	tenant tenant
	route  route
}

// plan is an object in the store of plans.
type plan struct {
	id      int
	targets []target
	gone    bool
}

func (p *plan) expected() (n int) {
	for _, t := range p.targets {
		if t.route != legacy {
			n++
		}
	}
	return n
}

// readTargets reads the targets query and the routes of a run.
func (a *actor) readTargets(run int, routes *frozen) (p *plan, err error) {
	w := a.w
	p = &plan{id: noPlan}
	for t := range tenant(tenants) {
		if w.bug == LiveFlags {
			if routes, err = a.newestFlags(); err != nil {
				return nil, err
			}
		}
		p.targets = append(p.targets, target{tenant: t, route: routes.routes[t]})
	}
	err = a.do(convOf(run, 0), "targets query", func() error {
		if !w.present(tenants - 1) {
			p.targets = p.targets[:tenants-1]
		}
		return nil
	})
	return p, err
}

// claim is a producer's entry in KV progress.
type claim struct {
	owner *actor
	beat  int
}

// standing is what is known of a conversion; several may be true.
type standing uint8

const (
	isFailed standing = 1 << iota
	isRetrying
	isPending
	isDone
)

// wins returns the one that counts.
func (s standing) wins() standing {
	for _, one := range []standing{isDone, isPending, isRetrying, isFailed} {
		if s&one != 0 {
			return one
		}
	}
	return 0
}

// survey is what became of each conversion of a run.
type survey struct {
	by [tenants]standing
	at [tenants]int64 // of the retry
}

// survey reads CONVERSIONS, RENDERED, FAILED and DONE in this order.
func (a *actor) survey(run int) (*survey, error) {
	w, s := a.w, &survey{}
	each := func(see func(t tenant, c conv)) func() error {
		return func() error {
			for t := range tenant(tenants) {
				see(t, convOf(run, t))
			}
			return nil
		}
	}
	first := convOf(run, 0)
	for _, q := range []*queue{&w.conversions, &w.rendered} {
		err := a.do(first, "list "+q.name, each(func(t tenant, c conv) {
			if q.has(c) {
				s.by[t] |= isPending
			}
		}))
		if err != nil {
			return nil, err
		}
	}
	err := a.do(first, "list FAILED", each(func(t tenant, c conv) {
		switch f := w.failed[c]; {
		case f == nil:
		case f.retrying():
			s.by[t], s.at[t] = s.by[t]|isRetrying, f.retryAt
		default:
			s.by[t] |= isFailed
		}
	}))
	if err != nil {
		return nil, err
	}
	err = a.do(first, "list DONE", each(func(t tenant, c conv) {
		if w.done[c] != nil {
			s.by[t] |= isDone
		}
	}))
	return s, err
}
