package jetsheet

// Request asks for one workbook. The producer publishes it on [RequestSubject],
// at most 64 KiB; renderers read it. It is self-contained apart from the report's
// definition, which a renderer reads from the run's record: a request can be
// replayed from its bytes days later. Its headers are [HeaderTrace] where it is not the
// first or belongs to somebody's trace, [HeaderAttempt] where an attempt failed before,
// [HeaderReplay] where a person asked again, and [HeaderDefinition] where that was with
// another definition than the run's.
type Request struct {
	Envelope
	Run RunID `json:"run"`
	Target
}

// requestWithTemplate is the first version that fills a template; an older one would make
// a workbook of sheets.
const requestWithTemplate = 2

// NewRequest returns the request for a target of a run's plan.
func NewRequest(run RunID, t *Target) *Request {
	envelope := CurrentEnvelope()
	if t.Template != "" {
		envelope = envelope.Requiring(requestWithTemplate)
	}
	return &Request{Envelope: envelope, Run: run, Target: *t}
}

// Conversion returns the identity of what is asked for.
func (r *Request) Conversion() Conversion {
	return Conversion{Run: r.Run, Tenant: r.Tenant, Target: r.Target.Target}
}

// Conversion is the identity of one workbook of one run.
type Conversion struct {
	Run    RunID  `json:"run"`
	Tenant string `json:"tenant"`
	Target string `json:"target"`
}

// String returns RUN/TENANT/TARGET with the ids as tokens. It is what logs and
// the metadata of the S3 object carry, and is plain ASCII.
func (c Conversion) String() string {
	return c.Run.String() + "/" + Token(c.Tenant) + "/" + Token(c.Target)
}
