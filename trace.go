package jetsheet

import (
	"crypto/sha256"
	"encoding/hex"
)

// Trace returns the W3C trace context of a conversion, for [HeaderTrace]. A worker that
// takes up a message without one goes on with this: the rendered event, DONE and FAILED
// carry it. It is made from the conversion's name, so attempts and replays, also a request
// that somebody publishes again by hand, are of one trace. It is not marked as sampled:
// jetsheet records no spans; who asks with a trace of his own finds that one in its place.
func (a Address) Trace() string {
	sum := sha256.Sum256([]byte(a.Key()))
	return "00-" + hex.EncodeToString(sum[:16]) + "-" + hex.EncodeToString(sum[16:24]) + "-00"
}
