// Package provider is an OpenFeature provider for flagd flag-definition documents
// that lie under a key of a JetStream KV bucket, or in a file for development. Any Go
// service can use it: it needs a NATS connection and nothing of jetsheet.
//
//	source, err := provider.KV(js, "flags", "cutover")
//	p, err := provider.New(provider.Config{Source: source, Logger: logger})
//	err = openfeature.SetProviderWithContextAndWait(ctx, p)
//	on, err := openfeature.NewClient("").BooleanValue(ctx, "beta", false, openfeature.NewEvaluationContext("42", nil))
//
// A put is pushed to all programs that watch the key. Flags are evaluated in the
// program, from what was read last, without waiting for anything: see
// [github.com/jetsheet/jetsheet/flags/definition] for what comes out.
//
// # States
//
//	                     document read       no document was ever read
//	in order             READY
//	newest is invalid    STALE               ERROR
//	key or bucket gone   STALE               ERROR
//	cannot be reached    STALE, after Grace  ERROR
//	                     ERROR
//
// With a document flags are evaluated from the last good one in every state, outside
// READY with the reason STALE ([ReasonStale]), as flagd's providers do. Without one every
// evaluation gives the caller's default and PROVIDER_NOT_READY. The provider
// recovers by itself from all of them, and is never FATAL. Why it is not READY is in
// the message of the event, in its metadata (code, state, version) and in
// [Provider.Status].
//
// The SDK reports READY or ERROR itself when Init returns, at a moment that a provider
// cannot know, and may so cover a later event. States that differ are therefore told
// again after a quarter of a second and after two seconds.
//
// # Events
//
// PROVIDER_CONFIGURATION_CHANGED names the flags that may evaluate to something else.
// Changes that follow each other faster than they are handled come as one event with
// all of their keys; no key is lost. Handlers run in goroutines of their own: what a
// handler reads when it runs is at least as new as its event.
//
// # Rights
//
// The NATS user needs, for the bucket flags: publish on $JS.API.STREAM.INFO.KV_flags,
// $JS.API.CONSUMER.CREATE.KV_flags.>, $JS.API.CONSUMER.DELETE.KV_flags.>,
// $JS.API.DIRECT.GET.KV_flags.> or $JS.API.STREAM.MSG.GET.KV_flags, $JS.FC.KV_flags.>,
// and subscribe on its inbox: the user flags in deploy/nats/jetsheet.conf.
package provider
