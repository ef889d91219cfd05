// Package templates keeps customers' templates in the object store [jetsheet.StoreTemplates].
//
//	file/SHA256           the bytes, once for each content
//	revision/NAME/N       a link to the bytes, with who stored it, when and why
//
// Both are written once and never changed or deleted. A run's plan names a template by its
// digest, so a revision that came later changes no workbook of that run, not on a retry
// and not a year later; what a plan may name stays as long as the store does. The newest
// revision is what the name means for a run that is planned now.
//
// A revision is created with the condition that no other has its number: of two people who
// store at the same time, one is told ([ErrChanged]). The bytes go first, so a revision
// never leads to nothing; after a crash in between they lie there without a name, and the
// next attempt finds them.
//
// The package does not look into the bytes: package renderer/xlsx/intake does, before they
// come here. The nats CLI reads everything: nats object get templates revision/NAME/N.
package templates
