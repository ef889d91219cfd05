// Package definition reads flagd flag-definition documents and evaluates their flags
// as flagd does. It knows nothing of where documents come from, nor of OpenFeature,
// whose words for reasons and error codes it uses.
//
//	set, err := definition.Parse(document)     // once, when the document changes
//	result := set.Evaluate("cutover", map[string]any{"targetingKey": "42"}, now)
//
// # What comes out
//
//	the flag is not in the document          ERROR   FLAG_NOT_FOUND
//	state DISABLED                           DISABLED          the caller's default
//	no targeting                             STATIC            defaultVariant
//	targeting gives a variant, true or false TARGETING_MATCH   that variant
//	targeting gives null                     DEFAULT           defaultVariant
//	either, without a defaultVariant         DEFAULT           the caller's default
//	targeting gives anything else            ERROR   GENERAL
//	targeting cannot be evaluated            ERROR   PARSE_ERROR
//	an attribute has no form in JSON         ERROR   INVALID_CONTEXT
//
// A fractional inside targeting is a TARGETING_MATCH too: flagd does not say SPLIT.
//
// # Where it differs from flagd
//
// A variant is found by its exact name; flagd takes all quotation marks out of the
// name that targeting gives, and does not find one with <, > or &. The package
// flags/rule lists how rules differ.
//
// A document is read as leniently as flagd reads it: what its schema forbids but what
// has a meaning is in [Set.Warnings].
package definition
