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
	return eachMember(document, func(key string, value json.RawMessage) json.RawMessage {
		if key != "$evaluators" || value[0] != '{' {
			return value
		}
		return eachMember(value, func(name string, list json.RawMessage) json.RawMessage {
			if q.lists[name] {
				return q.ids(list)
			}
			return list
		})
	})
}

// listsNumber says whether a number stands in a list of compact JSON, as all do that are
// quoted: most documents have none, and to walk through one with 10,000 ids takes 30 ms.
func listsNumber(document json.RawMessage) bool {
	inText := false
	for i := 0; i < len(document); i++ {
		switch c := document[i]; {
		case c == '\\': // only in texts
			i++
		case c == '"':
			inText = !inText
		case !inText && (c == '[' || c == ',') && i+1 < len(document) && isNumber(document[i+1:]):
			return true
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
		return eachMember(raw, func(operator string, args json.RawMessage) json.RawMessage {
			return q.rules(q.operands(operator, args))
		})
	}
	return raw
}

// operands quotes what the tenant is looked for in or compared with.
func (q *idQuoter) operands(operator string, args json.RawMessage) json.RawMessage {
	var operands []json.RawMessage
	if !comparesIDs(operator) || json.Unmarshal(args, &operands) != nil || len(operands) != 2 {
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
	return encoded(operands)
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

// eachElement changes the elements of a list.
func eachElement(list json.RawMessage, change func(json.RawMessage) json.RawMessage) json.RawMessage {
	var elements []json.RawMessage
	if json.Unmarshal(list, &elements) != nil || !changeAll(elements, func(i int) json.RawMessage { return change(elements[i]) }) {
		return list
	}
	return encoded(elements)
}

// eachMember changes the values of an object; a key that occurs twice still does.
func eachMember(object json.RawMessage, change func(name string, value json.RawMessage) json.RawMessage) json.RawMessage {
	names, values := members(object)
	if !changeAll(values, func(i int) json.RawMessage { return change(names[i], values[i]) }) {
		return object
	}
	var b bytes.Buffer
	writeMembers(&b, '{', '}', len(names), ",", "", func(i int) {
		b.Write(encoded(names[i]))
		b.WriteByte(':')
		b.Write(values[i])
	})
	return b.Bytes()
}

// changeAll puts what change gives in the place of each value, and says whether any is
// another one: what has nothing to change keeps its bytes.
func changeAll(values []json.RawMessage, change func(i int) json.RawMessage) bool {
	changed := false
	for i, value := range values {
		values[i] = change(i)
		changed = changed || !bytes.Equal(values[i], value)
	}
	return changed
}
