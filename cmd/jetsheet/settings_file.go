package main

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/jetsheet/jetsheet/internal/spelling"
)

// settingsFile is a YAML mapping of settings' file keys. It may hold the settings of
// every role; a key that no command knows is an error.
type settingsFile struct {
	path   string
	values map[string][]string // a single value, or the items of a list
}

// readSettingsFile reads a file strictly. Errors name the line.
func readSettingsFile(path string, known []*kong.Flag) (*settingsFile, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pairs, err := settingsPairs(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	file := &settingsFile{path: path, values: make(map[string][]string, len(pairs))}
	for _, pair := range pairs {
		token := pair.Key.GetToken()
		if err := file.add(pair, known); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, token.Position.Line, err)
		}
	}
	return file, nil
}

// settingsPairs returns the entries of the document's mapping; an empty document has
// none.
func settingsPairs(content []byte) ([]*ast.MappingValueNode, error) {
	parsed, err := parser.ParseBytes(content, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, yamlError(err)
	}
	var pairs []*ast.MappingValueNode
	documents := 0
	for _, document := range parsed.Docs {
		if document.Body == nil || document.Body.Type() == ast.CommentType || document.Body.Type() == ast.NullType {
			continue
		}
		documents++
		switch body := document.Body.(type) {
		case *ast.MappingNode:
			pairs = body.Values
		case *ast.MappingValueNode:
			pairs = []*ast.MappingValueNode{body}
		default:
			return nil, errors.New("expected settings like rendererSlots: 4")
		}
	}
	if documents > 1 {
		return nil, errors.New("expected one document, not several")
	}
	return pairs, nil
}

func (f *settingsFile) add(pair *ast.MappingValueNode, known []*kong.Flag) error {
	key := pair.Key.GetToken().Value
	if !slices.ContainsFunc(known, func(flag *kong.Flag) bool { return fileKey(flag.Name) == key }) {
		return unknownKeyError(key, known)
	}
	if _, twice := f.values[key]; twice {
		return fmt.Errorf("key %q is there twice", key)
	}
	values, err := scalarValues(pair.Value)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	f.values[key] = values
	return nil
}

// scalarValues returns values as they are written: 007 stays 007, and a number keeps
// its digits.
func scalarValues(node ast.Node) ([]string, error) {
	switch node := node.(type) {
	case *ast.NullNode:
		return nil, errors.New("has no value: give it one or remove the key")
	case *ast.SequenceNode:
		items := make([]string, 0, len(node.Values))
		for _, item := range node.Values {
			value, err := scalarValues(item)
			if err != nil {
				return nil, err
			}
			items = append(items, value...)
		}
		return items, nil
	case *ast.LiteralNode:
		return []string{node.Value.Value}, nil
	case *ast.StringNode:
		return []string{node.Value}, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return []string{node.GetToken().Value}, nil
	default:
		return nil, errors.New("expected a single value or a list of them")
	}
}

// value returns a setting's value the way a flag would carry it. A nil file has none.
func (f *settingsFile) value(flag *kong.Flag) (string, bool) {
	if f == nil {
		return "", false
	}
	values, ok := f.values[fileKey(flag.Name)]
	if !ok {
		return "", false
	}
	if len(values) == 1 && !flag.IsSlice() {
		return values[0], true
	}
	return kong.JoinEscaped(values, flag.Tag.Sep), true
}

func unknownKeyError(key string, known []*kong.Flag) error {
	keys := make([]string, len(known))
	for i, flag := range known {
		keys[i] = fileKey(flag.Name)
	}
	if near := spelling.Nearest(key, keys); near != "" {
		return fmt.Errorf("unknown key %q: did you mean %s?", key, near)
	}
	return fmt.Errorf("unknown key %q: \"jetsheet settings\" lists the names", key)
}

// yamlError reduces a parser's error to line and message. Its own text quotes the lines
// around the mistake, and they may hold secrets.
func yamlError(err error) error {
	var syntax yaml.Error
	if !errors.As(err, &syntax) || syntax.GetToken() == nil {
		return errors.New("is no valid YAML")
	}
	return fmt.Errorf("line %d: %s", syntax.GetToken().Position.Line, syntax.GetMessage())
}
