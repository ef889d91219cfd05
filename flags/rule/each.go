package rule

// each prepares filter, map, all, none and some.
func (c compiler) each(operator string, raw any) node {
	args, ok := raw.([]any)
	switch {
	case !ok:
		return fail("%q needs a list", operator)
	case len(args) < 2 && (operator == "filter" || operator == "map"):
		return constant{[]any{}}
	case len(args) == 0:
		return fail("%q needs what to run over", operator)
	}
	e := each{over: c.source(args[0]), body: failure{evaluationError("%q needs a rule", operator)}}
	if len(args) > 1 {
		e.body = c.compile(args[1])
	}
	switch operator {
	case "filter":
		return filter(e)
	case "map":
		return mapping(e)
	case "all":
		return all(e)
	case "none":
		return none(e)
	}
	return some(e)
}

// each runs a body over the elements of a list.
type each struct {
	over source
	body node
}

// source is what a body runs over. A list that is written out is taken as it stands:
// rules in it are not evaluated.
type source struct{ node node }

func (c compiler) source(raw any) source {
	switch raw.(type) {
	case []any:
		return source{constant{raw}}
	case map[string]any:
		return source{c.compile(raw)}
	}
	return source{constant{nil}}
}

// value returns what there is, of any type.
func (s source) value(e env) (any, error) {
	v, ok := s.node.(*variable)
	if !ok {
		return s.node.eval(e)
	}
	value, early, err := v.resolve(e)
	if early && primitive(value) { // it now stands in the rule, where only lists count
		return nil, err
	}
	return value, err
}

// list returns no elements where there is nothing, and an error for anything else
// than a list.
func (s source) list(e env) ([]any, error) {
	value, err := s.value(e)
	if err != nil || value == nil {
		return nil, err
	}
	return asList(value)
}

func asList(value any) ([]any, error) {
	elements, ok := value.([]any)
	if !ok {
		return nil, evaluationError("there is no list to run over")
	}
	return elements, nil
}

// holds evaluates a body that must be a rule.
func holds(body node, e env) (any, error) {
	switch b := body.(type) {
	case *variable:
		value, early, err := b.resolve(e)
		if _, isMap := value.(map[string]any); err == nil && early && !isMap {
			return nil, evaluationError("the body is not a rule once its var is known")
		}
		return value, err
	case constant:
		if _, isMap := b.value.(map[string]any); !isMap {
			return nil, evaluationError("the body is not a rule")
		}
	case list:
		return nil, evaluationError("the body is not a rule")
	}
	return body.eval(e)
}

type filter each

func (f filter) eval(e env) (any, error) {
	elements, err := f.over.list(e)
	if err != nil {
		return nil, err
	}
	kept := make([]any, 0, len(elements))
	for _, element := range elements {
		value, err := f.body.eval(e.within(element, e.data))
		if err != nil {
			return nil, err
		}
		if truth(value) {
			kept = append(kept, element)
		}
	}
	return kept, nil
}

type mapping each

func (m mapping) eval(e env) (any, error) {
	elements, err := m.over.list(e)
	if err != nil {
		return nil, err
	}
	mapped := make([]any, len(elements))
	for i, element := range elements {
		if mapped[i], err = m.body.eval(e.within(element)); err != nil {
			return nil, err
		}
	}
	return mapped, nil
}

type all each

func (a all) eval(e env) (any, error) {
	over, err := a.over.value(e)
	if err != nil || !truth(over) {
		return false, err
	}
	return until(a.body, over, false, func(element any) env { return e.within(element, element) })
}

type none each

func (n none) eval(e env) (any, error) {
	over, err := n.over.value(e)
	if err != nil || !truth(over) {
		return true, err
	}
	found, err := until(n.body, over, true, func(element any) env { return e.within(element, e.data) })
	return found == false, err
}

type some each

func (s some) eval(e env) (any, error) {
	over, err := s.over.value(e)
	if err != nil || !truth(over) {
		return false, err
	}
	return until(s.body, over, true, func(element any) env { return e.within(element, e.data, element) })
}

// until looks for an element whose body has the truth wanted: it returns wanted if
// there is one, and its opposite if there is none.
func until(body node, over any, wanted bool, within func(element any) env) (any, error) {
	elements, err := asList(over)
	if err != nil {
		return false, err
	}
	for _, element := range elements {
		value, err := holds(body, within(element))
		if err != nil {
			return false, err
		}
		if truth(value) == wanted {
			return wanted, nil
		}
	}
	return !wanted, nil
}

// reduce prepares reduce: what to run over, the body, and the first accumulator.
func (c compiler) reduce(operator string, raw any) node {
	args, ok := raw.([]any)
	if !ok {
		return fail("%q needs a list", operator)
	}
	if len(args) < 3 {
		return constant{0.0}
	}
	switch args[2].(type) {
	case nil, []any:
		return fail("%q needs a number, a text or a boolean to begin with", operator)
	}
	return &reduce{each: each{over: c.source(args[0]), body: c.compile(args[1])}, first: c.compile(args[2])}
}

type reduce struct {
	each
	first node
}

func (r *reduce) eval(e env) (any, error) {
	accumulator, err := r.first.eval(e)
	if err != nil {
		return nil, err
	}
	kind := kindOf(accumulator)
	if kind == "" {
		return nil, evaluationError("%q needs a number, a text or a boolean to begin with", "reduce")
	}
	over, err := r.over.value(e)
	if err != nil || over == nil {
		return 0.0, err
	}
	elements, err := asList(over)
	if err != nil {
		return nil, err
	}
	for _, element := range elements {
		if element == nil {
			continue
		}
		value, err := holds(r.body, e.within(map[string]any{"current": element, "accumulator": accumulator, "valueType": kind}))
		if err != nil {
			return nil, err
		}
		if accumulator, err = as(kind, value); err != nil {
			return nil, err
		}
	}
	return accumulator, nil
}

func kindOf(value any) string {
	switch value.(type) {
	case bool:
		return "bool"
	case float64:
		return "number"
	case string:
		return "string"
	}
	return ""
}

// as keeps the accumulator of the kind that it began with.
func as(kind string, value any) (any, error) {
	var (
		result any
		ok     bool
	)
	switch kind {
	case "bool":
		return truth(value), nil
	case "number":
		result, ok = one(value)
	default:
		result, ok = text(value)
	}
	if !ok {
		return nil, evaluationError("%q needs a %s from its body", "reduce", kind)
	}
	return result, nil
}
