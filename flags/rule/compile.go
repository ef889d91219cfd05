package rule

// compiler prepares rules that may refer to shared ones.
type compiler struct{ shared *Evaluators }

// prepareFunc prepares an operator whose arguments come as they stand in the rule.
type prepareFunc func(c compiler, operator string, raw any) node

// prepares returns how an operator is prepared, nil if it is not known.
func prepares(operator string) prepareFunc {
	switch operator {
	case "var":
		return compiler.variable
	case "missing", "missing_some":
		return compiler.missing
	case "and", "or":
		return compiler.chain
	case "if":
		return compiler.conditional
	case "in":
		return compiler.in
	case "filter", "map", "all", "none", "some":
		return compiler.each
	case "reduce":
		return compiler.reduce
	case "fractional":
		return compiler.fractional
	case "==", "===", "!=", "!==", "<", "<=", ">", ">=":
		return compiler.comparison
	}
	if strictly(operator) != nil {
		return compiler.strict
	}
	return nil
}

// compile prepares any part of a rule.
func (c compiler) compile(raw any) node {
	switch r := raw.(type) {
	case []any:
		return c.list(r)
	case map[string]any:
		if len(r) != 1 { // not a rule: a value
			return constant{r}
		}
		for operator, args := range r {
			return c.operator(operator, args)
		}
	}
	return constant{raw}
}

func (c compiler) operator(operator string, args any) node {
	if operator == "$ref" {
		return c.reference(args)
	}
	prepare := prepares(operator)
	if prepare == nil {
		return fail("the operator %q is not known", operator)
	}
	return prepare(c, operator, c.inline(args))
}

func (c compiler) reference(args any) node {
	name, ok := args.(string)
	if !ok || !c.shared.Has(name) {
		return fail("there is no evaluator %v", args)
	}
	return c.shared.prepared[name]
}

// inline replaces references to evaluators that are no rules, as a list of ids, by
// what they stand for, because operators look at what is written out.
func (c compiler) inline(raw any) any {
	switch r := raw.(type) {
	case []any:
		for i, element := range r {
			if replaced, ok := c.literal(element); ok {
				inlined := append([]any{}, r...)
				for j := i; j < len(r); j++ {
					inlined[j] = c.inlineOne(r[j])
				}
				inlined[i] = replaced
				return inlined
			}
		}
	case map[string]any:
		return c.inlineOne(r)
	}
	return raw
}

func (c compiler) inlineOne(raw any) any {
	if replaced, ok := c.literal(raw); ok {
		return replaced
	}
	return raw
}

// literal returns the evaluator that raw refers to if it is no rule.
func (c compiler) literal(raw any) (any, bool) {
	r, ok := raw.(map[string]any)
	if !ok || len(r) != 1 {
		return nil, false
	}
	name, ok := r["$ref"].(string)
	if !ok || !c.shared.Has(name) {
		return nil, false
	}
	value := c.shared.raw[name]
	_, isRule := value.(map[string]any)
	return value, !isRule
}

// list prepares a list; one without rules is a value.
func (c compiler) list(raw []any) node {
	nodes := c.nodes(raw)
	values := make([]any, len(nodes))
	for i, n := range nodes {
		known, ok := n.(constant)
		if !ok {
			return nodes
		}
		values[i] = known.value
	}
	return constant{values}
}

func (c compiler) nodes(raw []any) list {
	nodes := make(list, len(raw))
	for i, element := range raw {
		nodes[i] = c.compile(element)
	}
	return nodes
}

// strict is an operator that takes its arguments evaluated.
type strict struct {
	operator string
	args     node
	apply    func(args any) (any, bool)
}

func (s *strict) eval(e env) (any, error) {
	args, err := s.args.eval(e)
	if err != nil {
		return nil, err
	}
	result, ok := s.apply(args)
	if !ok {
		return nil, evaluationError("%q cannot work on what it is given", s.operator)
	}
	return result, nil
}

func (c compiler) strict(operator string, raw any) node {
	return &strict{operator: operator, args: c.compile(raw), apply: strictly(operator)}
}

// strictly returns an operator that needs nothing but its arguments, nil for others.
// It returns false where the arguments make no sense.
func strictly(operator string) func(args any) (any, bool) {
	return map[string]func(args any) (any, bool){
		"!": not, "!!": notNot,
		"+": sum, "-": difference, "*": product, "/": quotient, "%": remainder, "max": largest, "min": smallest,
		"cat": concatenate, "substr": substring, "merge": merge,
		"starts_with": startsWith, "ends_with": endsWith, "sem_ver": semVer,
	}[operator]
}
