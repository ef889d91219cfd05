// Package producer decides what is made: it walks the calendars of the applied
// reports, freezes a run for every tick that is due, plans it, publishes one
// request per workbook and reconciles until the run closes.
//
//	trigger ─┐
//	reports ─┼─► walk the calendars ─► freeze the run ─► plan ─► publish ─► reconcile ─► close
//	clock   ─┘    (ticks.go)            (Freezer)      (plan.go) (publish.go) (reconcile.go)
//	                                                      │          │
//	                                          object store plans   CONVERSIONS, a window per lane
//
// A trigger is only a wake-up: the calendar says which ticks are due, PostgreSQL's
// clock whether they are. Everything a producer knows can be read again from NATS,
// so one that is killed at any point is followed by another that goes on where it
// stopped: a run that is planning is planned, a plan that is stored is obeyed, and
// a conversion that is neither done, pending nor failed is published. A run closes
// when every target of its plan has its outcome, and stays closed; what was asked for
// again in it is retried all the same. Several
// producers may run; one of them publishes a given run at a time, which saves work
// and is not needed for correctness.
package producer
