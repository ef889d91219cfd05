package flags

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// object is a JSON object by exact key. Decoding into a struct would match keys in
// any case and let the last of two equal keys win, so that a program in another
// language could read another route out of the same document.
type object map[string]json.RawMessage

// parseObject reads an object; path is where it stands in the document.
func parseObject(raw json.RawMessage, path string) (object, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil, documentError(path, "it is not an object")
	}
	fields := object{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, documentError(path, err.Error())
		}
		name, ok := key.(string)
		if !ok {
			return nil, documentError(path, fmt.Sprintf("%v is not a key", key))
		}
		if _, twice := fields[name]; twice {
			return nil, documentError(join(path, name), "the key occurs twice")
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, documentError(join(path, name), err.Error())
		}
		fields[name] = value
	}
	return fields, nil
}

// onlyKeys refuses keys that are not known: a misspelt one would be ignored.
func (o object) onlyKeys(path string, known ...string) error {
	for _, name := range o.names() {
		if !slices.Contains(known, name) {
			return documentError(join(path, name), "unknown key; known here are "+strings.Join(known, ", "))
		}
	}
	return nil
}

// names returns the keys in order, so that the first error is always the same one.
func (o object) names() []string {
	names := make([]string, 0, len(o))
	for name := range o {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// text reads a string; ok is false when raw is anything else.
func text(raw json.RawMessage) (s string, ok bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	return s, json.Unmarshal(raw, &s) == nil
}

// absent says whether a value is missing or null, which flagd reads alike.
func absent(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// syntaxProblem adds the line to what the decoder says.
func syntaxProblem(data []byte, err error) string {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return err.Error()
	}
	line := 1 + bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte{'\n'})
	return fmt.Sprintf("line %d: %v", line, syntax)
}
