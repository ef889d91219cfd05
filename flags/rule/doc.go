// Package rule evaluates targeting rules: JsonLogic with the operators that flagd
// allows, starts_with, ends_with, sem_ver and fractional among them. What comes out
// is what flagd computes, which runs github.com/diegoholiveira/jsonlogic/v3, errors
// included; where it is not, this page says so.
//
// A rule is prepared once by [Compile] and then evaluated without locks, by any
// number of goroutines: paths are split, operators are looked up, membership in a
// list that is written out in the rule becomes a look-up in a set, and the weights of
// a fractional are added up. There is no table of operators that another package
// could change.
//
// # Values
//
// A value is nil, bool, float64, string, []any or map[string]any. Attributes of a
// [Subject] that are of other Go types become these when a rule reads them, in the
// way of encoding/json: a time becomes a text, an int64 a float64.
//
// # Where rules differ from flagd
//
//   - What an attribute holds is data. flagd's library takes a map with one key that
//     comes out of an attribute for a rule, in some places, and runs it.
//   - An attribute that no rule reads is not looked at. flagd fails every evaluation
//     of a context that JSON cannot represent.
//   - In the body of filter, some, all and none flagd first looks up each var in what
//     is around the body, and only then in the element. So does this package, but a
//     var in a branch that is not taken, or in a list that is written out as what the
//     body runs over, is not looked up.
//   - What - and / make of an empty list is the number 0, and not an integer that is
//     equal to no number.
//   - The library's operators that flagd's schema does not allow (abs, ?:, set,
//     contains_all, contains_any, contains_none) are unknown here.
package rule
