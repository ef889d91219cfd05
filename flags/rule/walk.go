package rule

// Walk calls visit for every operator in a rule that encoding/json has decoded, with
// its arguments, "$ref" included, outermost first. A map with more than one key is a
// value, whatever is in it.
func Walk(raw any, visit func(operator string, args any)) {
	switch r := raw.(type) {
	case []any:
		for _, element := range r {
			Walk(element, visit)
		}
	case map[string]any:
		if len(r) != 1 {
			return
		}
		for operator, args := range r {
			visit(operator, args)
			Walk(args, visit)
		}
	}
}
