package flags

import (
	"bytes"
	"encoding/json"
	"slices"
)

// lineWidth is up to how many bytes a value stands on one line.
const lineWidth = 100

// layOut writes valid JSON for people: short values and lists of plain ones on one line,
// others with a line for each member.
func layOut(b *bytes.Buffer, raw json.RawMessage, indent string) {
	var list []json.RawMessage
	deeper := indent + "  "
	switch {
	case raw[0] == '[' && json.Unmarshal(raw, &list) == nil && (plain(list) || len(raw) <= lineWidth):
		writeMembers(b, '[', ']', len(list), ", ", "", func(i int) { layOut(b, list[i], deeper) })
	case raw[0] == '[':
		writeMembers(b, '[', ']', len(list), ",\n"+deeper, "\n"+indent, func(i int) { layOut(b, list[i], deeper) })
	case raw[0] == '{':
		names, values := members(raw)
		separator, end := ",\n"+deeper, "\n"+indent
		if _, ofTenants := tenantList(raw); ofTenants || len(raw) <= lineWidth { // the longest lists are those of tenants
			separator, end = ", ", ""
		}
		writeMembers(b, '{', '}', len(names), separator, end, func(i int) {
			b.Write(encoded(names[i]))
			b.WriteString(": ")
			layOut(b, values[i], deeper)
		})
	default:
		b.Write(raw)
	}
}

// writeMembers writes a list or an object; end is what stands before its last bracket,
// and, with the depth of the members, after its first one.
func writeMembers(b *bytes.Buffer, first, last byte, count int, separator, end string, member func(int)) {
	b.WriteByte(first)
	if count == 0 {
		end = ""
	} else if end != "" {
		b.WriteString(separator[1:])
	}
	for i := range count {
		if i > 0 {
			b.WriteString(separator)
		}
		member(i)
	}
	b.WriteString(end)
	b.WriteByte(last)
}

func plain(list []json.RawMessage) bool {
	return !slices.ContainsFunc(list, func(m json.RawMessage) bool { return m[0] == '[' || m[0] == '{' })
}

// members are an object's, in their order.
func members(object json.RawMessage) (names []string, values []json.RawMessage) {
	dec := json.NewDecoder(bytes.NewReader(object))
	for first := true; first || dec.More(); first = false {
		token, err := dec.Token() // the bracket, then names
		name, isName := token.(string)
		var value json.RawMessage
		if isName {
			err = dec.Decode(&value)
		}
		if err != nil { // not of valid JSON
			break
		}
		if isName {
			names, values = append(names, name), append(values, value)
		}
	}
	return names, values
}
