package flags

import (
	"bytes"
	"encoding/json"
	"slices"
)

// lineWidth is up to how many bytes a value stands on one line.
const lineWidth = 100

// layOut writes valid JSON without white space for people: short values and lists of plain
// ones on one line, others with a line for each member.
func layOut(b *bytes.Buffer, raw json.RawMessage, indent string) {
	deeper := indent + "  "
	separator, end := ",\n"+deeper, "\n"+indent
	switch raw[0] {
	case '[':
		list := parts(raw)
		if plain(list) || len(raw) <= lineWidth {
			separator, end = ", ", ""
		}
		writeMembers(b, '[', ']', len(list), separator, end, func(i int) { layOut(b, list[i], deeper) })
	case '{':
		members := parts(raw)
		if _, ofTenants := tenantList(raw); ofTenants || len(raw) <= lineWidth { // the longest lists are those of tenants
			separator, end = ", ", ""
		}
		writeMembers(b, '{', '}', len(members)/2, separator, end, func(i int) {
			b.Write(members[2*i])
			b.WriteString(": ")
			layOut(b, members[2*i+1], deeper)
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
