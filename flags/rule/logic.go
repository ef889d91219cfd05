package rule

// chain prepares and, or.
func (c compiler) chain(operator string, raw any) node {
	args, ok := raw.([]any)
	if !ok {
		return fail("%q needs a list", operator)
	}
	return &chain{parts: c.nodes(args), until: operator == "or"}
}

// chain evaluates its parts until one has the truth it stops at.
type chain struct {
	parts list
	until bool
}

func (c *chain) eval(e env) (any, error) {
	var last any
	for _, part := range c.parts {
		var err error
		if last, err = part.eval(e); err != nil || truth(last) == c.until {
			return last, err
		}
	}
	return last, nil
}

func (c compiler) conditional(operator string, raw any) node {
	args, ok := raw.([]any)
	if !ok {
		return fail("%q needs a list", operator)
	}
	return conditional(c.nodes(args))
}

// conditional is condition, result, condition, result … and at the end, if their
// number is odd, the result otherwise.
type conditional list

func (c conditional) eval(e env) (any, error) {
	for i := 0; i+1 < len(c); i += 2 {
		condition, err := c[i].eval(e)
		if err != nil {
			return nil, err
		}
		if truth(condition) {
			return c[i+1].eval(e)
		}
	}
	if len(c)%2 == 1 {
		return c[len(c)-1].eval(e)
	}
	return nil, nil
}

func not(args any) (any, bool) {
	if values, ok := args.([]any); ok && len(values) > 0 {
		return !truth(values[0]), true
	}
	return !truth(args), true
}

func notNot(args any) (any, bool) {
	inverted, _ := not(args)
	return !truth(inverted), true
}
