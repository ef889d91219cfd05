package rule

import (
	"errors"
	"fmt"
)

// ErrEvaluation is wrapped by every error of an evaluation: the rule has an operator
// that is not known, refers to an evaluator that is not there, or gives an operator
// what it cannot work on. flagd reports all of them as PARSE_ERROR.
var ErrEvaluation = errors.New("rule cannot be evaluated")

// ErrAttribute is wrapped instead if an attribute of the subject has no form in JSON.
var ErrAttribute = errors.New("attribute has no form in JSON")

// Rule is a prepared rule. It does not change and may be used concurrently. The zero
// value must not be used.
type Rule struct{ node node }

// Evaluators are the rules of a document that others refer to by {"$ref": name}. Make
// them with [NewEvaluators]; nil has none.
type Evaluators struct {
	raw      map[string]any
	prepared map[string]node
}

// NewEvaluators prepares shared rules, decoded by encoding/json. A reference inside
// one of them is not followed: it is an error of the evaluation that meets it.
func NewEvaluators(raw map[string]any) *Evaluators {
	e := &Evaluators{raw: raw, prepared: make(map[string]node, len(raw))}
	for name, r := range raw {
		e.prepared[name] = compiler{}.compile(r)
	}
	return e
}

// Has says whether there is an evaluator of that name.
func (e *Evaluators) Has(name string) bool {
	if e == nil {
		return false
	}
	_, ok := e.raw[name]
	return ok
}

// Compile prepares a rule that encoding/json has decoded. It never fails: what cannot
// be evaluated is an error of the evaluations that reach it, as in flagd. The caller
// must not change raw afterwards.
func Compile(raw any, shared *Evaluators) *Rule {
	return &Rule{compiler{shared: shared}.compile(raw)}
}

// Known says whether an operator can be evaluated. "$ref" is no operator.
func Known(operator string) bool {
	return prepares(operator) != nil
}

// Evaluate returns the rule's result for a subject. The error wraps [ErrEvaluation] or
// [ErrAttribute]. The caller must not change what is returned.
func (r *Rule) Evaluate(s *Subject) (any, error) {
	return r.node.eval(env{data: s})
}

// node is a prepared part of a rule.
type node interface {
	eval(e env) (any, error)
}

// env is what an evaluation sees.
type env struct {
	// data is what var looks into: the *Subject, or an element inside a body.
	data any
	// earlier is what a var of a body is looked up in before data, outermost first.
	earlier []any
}

// within is the environment of a body that runs over an element, after the vars of
// the body were looked up in earlier.
func (e env) within(element any, earlier ...any) env {
	all := make([]any, 0, len(e.earlier)+len(earlier))
	return env{data: element, earlier: append(append(all, e.earlier...), earlier...)}
}

// constant is what a rule says as it stands.
type constant struct{ value any }

func (c constant) eval(env) (any, error) { return c.value, nil }

// list has elements that must be evaluated.
type list []node

func (l list) eval(e env) (any, error) { return l.values(e) }

func (l list) values(e env) ([]any, error) {
	values := make([]any, len(l))
	for i, n := range l {
		var err error
		if values[i], err = n.eval(e); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// failure is a part of a rule that cannot be evaluated, whatever the subject.
type failure struct{ err error }

func (f failure) eval(env) (any, error) { return nil, f.err }

func fail(format string, args ...any) failure { return failure{evaluationError(format, args...)} }

func evaluationError(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrEvaluation, fmt.Sprintf(format, args...))
}
