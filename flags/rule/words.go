package rule

import "strings"

// concatenate is cat. That more than one text loses the space around the whole is
// the library's way.
func concatenate(args any) (any, bool) {
	if s, ok := args.(string); ok {
		return s, true
	}
	values, ok := args.([]any)
	if !ok {
		return nil, false
	}
	var all strings.Builder
	for _, value := range values {
		s, ok := text(value)
		if !ok {
			return nil, false
		}
		all.WriteString(s)
	}
	if len(values) < 2 {
		return all.String(), true
	}
	return strings.TrimSpace(all.String()), true
}

// substring is substr: of a text, from a character, and at most so many of them. A
// negative start counts from the end, a negative length leaves so many out there.
func substring(args any) (any, bool) {
	values, ok := args.([]any)
	if !ok || len(values) < 2 {
		return nil, false
	}
	whole, ok := text(values[0])
	start, startOK := number(values[1])
	if !ok || !startOK {
		return nil, false
	}
	runes := []rune(whole)
	from, to := int(start), len(runes)
	if from < 0 {
		from += len(runes)
	}
	if from < 0 || from > len(runes) {
		return string(runes), true
	}
	if len(values) == 3 {
		length, ok := number(values[2])
		if !ok {
			return nil, false
		}
		to = end(from, int(length), len(runes))
	}
	if to < from {
		return nil, false
	}
	return string(runes[from:to]), true
}

// end is where a part of a text of size characters ends.
func end(from, length, size int) int {
	if length < 0 {
		return size + length
	}
	if length > size-from {
		return size
	}
	return from + length
}

// twoTexts are the arguments of starts_with and ends_with; anything else makes these
// null, not an error.
func twoTexts(args any) (s, part string, ok bool) {
	values, ok := args.([]any)
	if !ok || len(values) != 2 {
		return "", "", false
	}
	s, sText := values[0].(string)
	part, partText := values[1].(string)
	return s, part, sText && partText
}

func startsWith(args any) (any, bool) {
	s, prefix, ok := twoTexts(args)
	if !ok {
		return nil, true
	}
	return strings.HasPrefix(s, prefix), true
}

func endsWith(args any) (any, bool) {
	s, suffix, ok := twoTexts(args)
	if !ok {
		return nil, true
	}
	return strings.HasSuffix(s, suffix), true
}
