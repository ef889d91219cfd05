package rule

import "strings"

// in prepares membership. A list that is written out, of values without rules,
// becomes a set.
func (c compiler) in(_ string, raw any) node {
	args, ok := raw.([]any)
	if !ok || len(args) != 2 {
		return &in{args: c.compile(raw)}
	}
	if members, ok := args[1].([]any); ok {
		if s, ok := newSet(members); ok {
			return &inSet{value: c.compile(args[0]), set: s}
		}
	}
	return &in{value: c.compile(args[0]), members: c.compile(args[1])}
}

type inSet struct {
	value node
	set   *set
}

func (i *inSet) eval(e env) (any, error) {
	value, err := i.value.eval(e)
	if err != nil {
		return nil, err
	}
	found, ok := i.set.has(value)
	if !ok {
		return nil, evaluationError("%q compares a number with what has none", "in")
	}
	return found, nil
}

// set answers for a list of members what contains finds by going through it.
type set struct {
	texts map[string]struct{}
	// numbers has the place of the first member that counts as a number.
	numbers map[float64]int
	// noNumber is the place of the first member without a number, or the length.
	noNumber        int
	size            int
	yes, no, absent bool
}

// newSet returns false if members holds a list, which means a range, a map, or a rule.
func newSet(members []any) (*set, bool) {
	s := &set{texts: make(map[string]struct{}, len(members)), numbers: map[float64]int{}, noNumber: len(members), size: len(members)}
	for i, member := range members {
		switch m := member.(type) {
		case string:
			s.texts[m] = struct{}{}
		case bool:
			s.yes, s.no = s.yes || m, s.no || !m
		case nil:
			s.absent = true
		case float64:
		default:
			return nil, false
		}
		n, ok := number(member)
		if !ok {
			s.noNumber = min(s.noNumber, i)
		} else if _, earlier := s.numbers[n]; !earlier {
			s.numbers[n] = i
		}
	}
	return s, true
}

// has returns ok false where the comparison is an error.
func (s *set) has(value any) (found, ok bool) {
	switch v := value.(type) {
	case string:
		_, found = s.texts[v]
	case bool:
		found = v && s.yes || !v && s.no
	case nil:
		found = s.absent
	case float64:
		at, found := s.numbers[v]
		if found && at < s.noNumber {
			return true, true
		}
		return false, s.noNumber == s.size
	}
	return found, true
}

// in looks through whatever its arguments turn out to be.
type in struct {
	value, members node
	args           node // instead of both
}

func (i *in) eval(e env) (any, error) {
	value, members, err := i.both(e)
	if err != nil {
		return nil, err
	}
	found, ok := contains(members, value)
	if !ok {
		return nil, evaluationError("%q cannot work on what it is given", "in")
	}
	return found, nil
}

func (i *in) both(e env) (value, members any, err error) {
	if i.args == nil {
		if value, err = i.value.eval(e); err == nil {
			members, err = i.members.eval(e)
		}
		return value, members, err
	}
	args, err := i.args.eval(e)
	if err != nil {
		return nil, nil, err
	}
	values, ok := args.([]any)
	if !ok || len(values) == 0 {
		return nil, nil, evaluationError("%q needs a list", "in")
	}
	if len(values) > 1 {
		members = values[1]
	}
	return values[0], members, nil
}

// contains looks for a part of a text, or a member of a list; a member that is a list
// is a range of numbers. A number is looked for among what members count as.
func contains(members, value any) (found, ok bool) {
	if whole, isText := members.(string); isText {
		part, ok := value.(string)
		return ok && strings.Contains(whole, part), ok
	}
	list, isList := members.([]any)
	if !isList {
		return false, true
	}
	for _, member := range list {
		found, ok := matches(member, value)
		if found || !ok {
			return found, ok
		}
	}
	return false, true
}

func matches(member, value any) (found, ok bool) {
	switch m := member.(type) {
	case []any:
		return inRange(m, value)
	case map[string]any:
		switch value.(type) {
		case map[string]any, float64: // not comparable, no number
			return false, false
		}
		return false, true
	}
	if wanted, isNumber := value.(float64); isNumber {
		n, ok := number(member)
		return ok && n == wanted, ok
	}
	switch value.(type) {
	case []any, map[string]any:
		return false, true
	}
	return member == value, true
}

func inRange(bounds []any, value any) (found, ok bool) {
	if len(bounds) < 2 {
		return false, false
	}
	n, ok := number(value)
	if !ok {
		return false, false
	}
	from, ok := number(bounds[0])
	if !ok {
		return false, false
	}
	if n >= from {
		to, ok := number(bounds[1])
		return ok && n <= to, ok
	}
	return false, true
}

func merge(args any) (any, bool) {
	if primitive(args) {
		return []any{args}, true
	}
	values, ok := args.([]any)
	if !ok {
		return nil, false
	}
	merged := make([]any, 0, len(values))
	for _, value := range values {
		if inner, ok := value.([]any); ok {
			merged = append(merged, inner...)
		} else {
			merged = append(merged, value)
		}
	}
	return merged, true
}
