package flags

import "encoding/json"

// parts returns the elements of a list, or an object's names and values in turn, as they
// stand in valid JSON without white space. It only looks for where they end: decoding a large
// document level by level takes longer than all else that is done to read it.
func parts(raw json.RawMessage) []json.RawMessage {
	var list []json.RawMessage
	depth := 0
	for begin, i := 1, 1; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '"':
			i = textEnd(raw, i)
		case c == '[' || c == '{':
			depth++
		case depth > 0 && (c == ']' || c == '}'):
			depth--
		case depth == 0 && (c == ',' || c == ':' || c == ']' || c == '}'):
			if i > begin { // not the end of an empty one
				list = append(list, raw[begin:i:i])
			}
			begin = i + 1
		}
	}
	return list
}

// textEnd returns where the text that begins at a quote has its other one.
func textEnd(raw json.RawMessage, quote int) int {
	for i := quote + 1; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(raw)
}
