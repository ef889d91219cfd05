// Package retreat takes a group of tenants back to the previous system when too many of
// its conversions fail. It never moves anybody forward.
//
//	newest run of each report ─► failed ÷ planned, by group ─► evidence? ─► flag document
//	(frozen routes)                (routed new)                              group = legacy,
//	                                                                         from the next run on
//
// # The statistics
//
// Of a group, the conversions count that the run's frozen document routes new by the
// group's rule; n are planned, k have failed and are neither dismissed nor tried again by
// themselves. Causes that say nothing of this pipeline do not count: see [Counts]. The
// group goes back when all of this is true:
//
//   - the lower bound of Wilson's 95 % interval of k/n is above [Settings.Share];
//   - k is at least [Settings.Failures];
//   - they are of at least [Settings.Tenants] tenants, or of all where there are fewer: what
//     fails for one customer is most often that customer's data.
//
// n are the planned conversions, not those that are finished: so it does not matter in
// which order they fail, a group goes back as soon as the run cannot end better, unless
// somebody mends it, and looking often makes no mistake more likely. With the defaults
// (2 %, 5, 2) it takes 5 failures of up to 107 conversions, 10 of up to 273, 40 of up to
// 1,473.
//
// # Runs in a row
//
// Of a report whose plans have only who is due at the tick, a few each day, no run says
// enough by itself. So where in the newest run more of a group fails than the share, it is
// weighed once more with the scheduled runs of the report before it: 8 in all, of 35 days at
// most. The row ends at a run that routes the group otherwise. What a run that was started
// again has made, and what was dismissed, is no failure. The group goes back when all of
// this is true of the row:
//
//   - the lower bound of Wilson's 99.9 % interval of k/n is above [Settings.Share], as the row
//     is weighed anew with each run;
//   - k and the tenants are as many as in one run;
//   - without the tenant of which most failed, the bound is above the share as well, if there
//     are others and [Settings.Tenants] is above 1: one customer's data fail every day.
//
// With the defaults a group of three workbooks a day goes back on the second day on which
// all fail, and one in which 2 % fail, as much as may, in less than one month of a hundred.
//
// # What is guaranteed
//
// A group goes back at most once in a period, and only while nobody has decided about it
// since the run was frozen, or the oldest of the row. The change is one revision of the flag
// document by compare-and-set, with [Author] and the figures; several processes may run, and
// a crash leaves either nothing or that revision. Nothing is returned where the default route
// is new: then there is no previous system.
package retreat
