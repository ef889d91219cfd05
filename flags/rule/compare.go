package rule

// relation compares two values.
type relation func(a, b any) bool

// relationOf returns the relation of an operator.
func relationOf(operator string) relation {
	return map[string]relation{
		"==": equal, "===": same,
		"!=":  func(a, b any) bool { return !equal(a, b) },
		"!==": func(a, b any) bool { return !same(a, b) },
		"<":   less,
		">":   func(a, b any) bool { return less(b, a) },
		"<=":  func(a, b any) bool { return less(a, b) || equal(a, b) },
		">=":  func(a, b any) bool { return less(b, a) || equal(b, a) },
	}[operator]
}

// comparison prepares an operator of comparisons. Two arguments, or three for
// "between", are the common forms and need no list.
func (c compiler) comparison(operator string, raw any) node {
	cmp := &comparison{operator: operator, holds: relationOf(operator)}
	args, ok := raw.([]any)
	switch {
	case ok && len(args) == 2, ok && len(args) == 3 && cmp.between():
		cmp.parts = c.nodes(args)
	default:
		cmp.args = c.compile(raw)
	}
	return cmp
}

type comparison struct {
	operator string
	holds    relation
	parts    list // two or three, or else args is used
	args     node
}

func (c *comparison) between() bool { return c.operator[0] == '<' || c.operator[0] == '>' }

// unequal is what is true of too few arguments.
func (c *comparison) unequal() bool { return c.operator[0] == '!' }

func (c *comparison) eval(e env) (any, error) {
	if c.args != nil {
		return c.general(e)
	}
	a, err := c.parts[0].eval(e)
	if err != nil {
		return nil, err
	}
	b, err := c.parts[1].eval(e)
	if err != nil {
		return nil, err
	}
	if len(c.parts) == 2 {
		return c.holds(a, b), nil
	}
	last, err := c.parts[2].eval(e)
	if err != nil {
		return nil, err
	}
	return c.holds(a, b) && c.holds(b, last), nil
}

// general compares the elements of whatever the arguments turn out to be.
func (c *comparison) general(e env) (any, error) {
	args, err := c.args.eval(e)
	if err != nil {
		return nil, err
	}
	values, ok := args.([]any)
	if !ok && c.operator != "===" && c.operator != "!==" {
		return nil, evaluationError("%q needs a list", c.operator)
	}
	if len(values) < 2 {
		return c.unequal(), nil
	}
	if len(values) == 3 && c.between() {
		return c.holds(values[0], values[1]) && c.holds(values[1], values[2]), nil
	}
	return c.holds(values[0], values[1]), nil
}

func less(a, b any) bool {
	s, aText := a.(string)
	t, bText := b.(string)
	if aText && bText {
		return s < t
	}
	return loose(a) < loose(b)
}

func equal(a, b any) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	s, aText := a.(string)
	t, bText := b.(string)
	if aText && bText {
		return s == t
	}
	return loose(a) == loose(b)
}

// same is equal for values of one kind.
func same(a, b any) bool {
	switch a.(type) {
	case nil:
		return b == nil
	case bool:
		if _, ok := b.(bool); !ok {
			return false
		}
	case float64:
		if _, ok := b.(float64); !ok {
			return false
		}
	case string:
		if _, ok := b.(string); !ok {
			return false
		}
	default: // lists and maps equal nothing
		return false
	}
	return equal(a, b)
}
