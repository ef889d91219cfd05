// Package faults puts faults into the connections of a role: proxies that stand between
// the role, as it ships, and its NATS server, PostgreSQL, S3 and the channels that people
// are told through, understand what passes, and do to one effect what a bad day does to
// it.
//
//	role ──► NATS proxy ──► nats-server        Director: counts effects by Point,
//	     ──► PostgreSQL proxy ──► server    ◄──► and says to the one that a Fault is
//	     ──► HTTP proxy ──► S3, channels        armed for what is to be done to it
//
// A [Point] is a kind of effect: which role does what to what, without ids. A clean run
// through the proxies lists the points there are ([Director.Counts]). A [Fault] armed for
// one of them is played once, by an [Action]: the effect is refused, or its role killed
// before it, or it happens and nobody hears of it, or it happens late, or twice.
//
// Each proxy serves one role at an address of its own until Close, which ends its
// connections and waits. Proxies pass everything on that no fault is armed for, in its
// order, and hold no more than one message of it. They speak the protocols without TLS.
//
// The package knows no stage, and no stage knows of it; see DESIGN.md.
package faults
