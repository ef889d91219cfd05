package flags

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/jetsheet/jetsheet"
)

// QuoteIDs writes the numbers in lists of tenants, and those that a tenant is compared
// with, as texts, which the ids of tenants are: flagd never finds the tenant "7" in [7].
// [ParseDocument] reads documents so; what is stored so means the same to flagd. Other
// content stays as it is, and data without such a number byte for byte.
func QuoteIDs(data []byte) ([]byte, error) {
	canonical, err := canonicalJSON(data)
	if err != nil {
		return nil, documentError("", syntaxProblem(data, err))
	}
	quoted := quoteIDs(canonical)
	if bytes.Equal(quoted, canonical) {
		return data, nil
	}
	return quoted, nil
}

// quoteIDs returns a document with texts for ids. A list may be one of $evaluators.
func quoteIDs(document json.RawMessage) json.RawMessage {
	if !listsNumber(document) {
		return document
	}
	q := idQuoter{lists: map[string]bool{}}
	document = q.rules(document)
	if len(q.lists) == 0 || document[0] != '{' {
		return document
	}
	return eachMember(document, func(key, value json.RawMessage) json.RawMessage {
		if name, _ := text(key); name != "$evaluators" || value[0] != '{' {
			return value
		}
		return eachMember(value, func(key, list json.RawMessage) json.RawMessage {
			if name, _ := text(key); q.lists[name] {
				return q.ids(list)
			}
			return list
		})
	})
}

// listsNumber says whether a number stands in a list of compact JSON, as all do that are
// quoted: most documents have none.
func listsNumber(document json.RawMessage) bool {
	for i := 0; i+1 < len(document); i++ {
		switch document[i] {
		case '"':
			i = textEnd(document, i)
		case '[', ',':
			if isNumber(document[i+1:]) {
				return true
			}
		}
	}
	return false
}

func isNumber(raw json.RawMessage) bool { return raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9' }

// idQuoter makes texts of numbers where they stand for tenants.
type idQuoter struct {
	// lists are the evaluators that a tenant is looked for in.
	lists map[string]bool
}

// rules works on a rule, or whatever holds rules.
func (q *idQuoter) rules(raw json.RawMessage) json.RawMessage {
	switch raw[0] {
	case '[':
		return eachElement(raw, q.rules)
	case '{':
		return eachMember(raw, func(operator, args json.RawMessage) json.RawMessage {
			return q.rules(q.operands(operator, args))
		})
	}
	return raw
}

// operands quotes what the tenant is looked for in or compared with.
func (q *idQuoter) operands(key, args json.RawMessage) json.RawMessage {
	operator, _ := text(key)
	if !comparesIDs(operator) || args[0] != '[' {
		return args
	}
	operands := parts(args)
	if len(operands) != 2 {
		return args
	}
	switch {
	case isTenant(operands[0]):
		operands[1] = q.ids(operands[1])
	case isTenant(operands[1]) && operator != "in":
		operands[0] = q.ids(operands[0])
	default:
		return args
	}
	return joined('[', operands, ']')
}

// comparesIDs says whether an operator looks for its first operand in the second, or
// compares the two.
func comparesIDs(operator string) bool {
	return slices.Contains([]string{"in", "==", "===", "!=", "!=="}, operator)
}

// ids quotes a number, or those in a list.
func (q *idQuoter) ids(raw json.RawMessage) json.RawMessage {
	switch {
	case raw[0] == '[':
		return eachElement(raw, func(member json.RawMessage) json.RawMessage {
			if member[0] == '[' {
				return member
			}
			return q.ids(member)
		})
	case raw[0] == '{':
		var reference map[string]json.RawMessage
		if json.Unmarshal(raw, &reference) == nil {
			if name, ok := text(reference["$ref"]); ok {
				q.lists[name] = true
			}
		}
	case isNumber(raw):
		if id, ok := jetsheet.NumberID(string(raw)); ok {
			return encoded(id)
		}
	}
	return raw
}

// eachElement changes the elements of a list. What has nothing to change keeps its bytes.
func eachElement(list json.RawMessage, change func(json.RawMessage) json.RawMessage) json.RawMessage {
	elements, changed := parts(list), false
	for i, element := range elements {
		elements[i] = change(element)
		changed = changed || !bytes.Equal(elements[i], element)
	}
	if !changed {
		return list
	}
	return joined('[', elements, ']')
}

// eachMember changes the values of an object; a key that occurs twice still does.
func eachMember(object json.RawMessage, change func(key, value json.RawMessage) json.RawMessage) json.RawMessage {
	members, changed := parts(object), false
	for i := 1; i < len(members); i += 2 {
		value := change(members[i-1], members[i])
		changed = changed || !bytes.Equal(members[i], value)
		members[i] = value
	}
	if !changed {
		return object
	}
	return joined('{', members, '}')
}

// joined is what has these [parts].
func joined(first byte, parts []json.RawMessage, last byte) json.RawMessage {
	size := 2
	for _, part := range parts {
		size += len(part) + 1
	}
	b := append(make([]byte, 0, size), first)
	for i, part := range parts {
		switch {
		case i == 0:
		case first == '{' && i%2 == 1:
			b = append(b, ':')
		default:
			b = append(b, ',')
		}
		b = append(b, part...)
	}
	return append(b, last)
}
