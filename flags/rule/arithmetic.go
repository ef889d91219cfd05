package rule

import "math"

// numbers reads a list of numbers.
func numbers(args any) ([]float64, bool) {
	values, ok := args.([]any)
	if !ok {
		return nil, false
	}
	result := make([]float64, len(values))
	for i, value := range values {
		if result[i], ok = number(value); !ok {
			return nil, false
		}
	}
	return result, true
}

// fold goes from the first number on; result is what no numbers are.
func fold(args, result any, step func(a, b float64) float64) (any, bool) {
	values, ok := numbers(args)
	if !ok || len(values) == 0 {
		return result, ok
	}
	all := values[0]
	for _, n := range values[1:] {
		all = step(all, n)
	}
	return all, true
}

func sum(args any) (any, bool) {
	if _, ok := args.([]any); !ok {
		return one(args)
	}
	return fold(args, 0.0, func(a, b float64) float64 { return a + b })
}

// one is an operator on a single number that need not stand in a list.
func one(value any) (any, bool) {
	n, ok := number(value)
	if !ok {
		return nil, false
	}
	return n, true
}

func difference(args any) (any, bool) {
	if values, ok := args.([]any); ok && len(values) == 1 {
		n, ok := number(values[0])
		return -1 * n, ok
	}
	return fold(args, 0.0, func(a, b float64) float64 { return a - b })
}

func product(args any) (any, bool) {
	return fold(args, 1.0, func(a, b float64) float64 { return a * b })
}

func quotient(args any) (any, bool) {
	return fold(args, 0.0, func(a, b float64) float64 { return a / b })
}

func remainder(args any) (any, bool) {
	values, ok := args.([]any)
	if !ok || len(values) < 2 {
		return nil, false
	}
	a, aOK := number(values[0])
	b, bOK := number(values[1])
	return math.Mod(a, b), aOK && bOK
}

func largest(args any) (any, bool) {
	return fold(args, nil, func(a, b float64) float64 {
		if b > a { // not math.Max: what is no number never wins
			return b
		}
		return a
	})
}

func smallest(args any) (any, bool) {
	return fold(args, nil, func(a, b float64) float64 {
		if b < a {
			return b
		}
		return a
	})
}
