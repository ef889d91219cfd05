package rule

import (
	"strings"
)

// variable is the operator var.
type variable struct {
	// path is split at dots. It is used if args is nil.
	path     []string
	fallback node // nil without
	// args gives the path where it is not written out as text.
	args node
	// own is a var that bodies never look up in what is around them: "" and ".x".
	own bool
	// bare is a var of "" or null.
	bare bareVar
}

type bareVar int

const (
	notBare  bareVar = iota
	bareText         // {"var": ""}, {"var": []}: the data
	bareNull         // {"var": null}: the data if it is a primitive value
)

func (c compiler) variable(_ string, raw any) node {
	switch r := raw.(type) {
	case nil:
		return &variable{bare: bareNull}
	case string:
		if r == "" {
			return &variable{bare: bareText, own: true}
		}
		return &variable{path: split(r), own: strings.HasPrefix(r, ".")}
	case float64:
		name, _ := text(r)
		return &variable{path: split(name)}
	case []any:
		return c.variableOf(r)
	}
	return &variable{args: c.compile(raw)}
}

// variableOf prepares the form with a fallback.
func (c compiler) variableOf(raw []any) node {
	if len(raw) == 0 {
		return &variable{bare: bareText}
	}
	name, ok := raw[0].(string)
	if !ok || len(raw) > 2 {
		return &variable{args: c.compile(raw)}
	}
	v := &variable{path: split(name)}
	if len(raw) == 2 {
		v.fallback = c.compile(raw[1])
	}
	return v
}

func split(path string) []string { return strings.Split(path, ".") }

func (v *variable) eval(e env) (any, error) {
	value, _, err := v.resolve(e)
	return value, err
}

// resolve also says whether the value comes from what is around a body: flagd has
// then put the value into the body in place of the var.
func (v *variable) resolve(e env) (value any, early bool, err error) {
	if !v.own {
		for _, around := range e.earlier {
			if value, err = v.in(around); err != nil || value != nil {
				return value, true, err
			}
		}
	}
	value, err = v.in(e.data)
	return value, false, err
}

// in looks into one place.
func (v *variable) in(data any) (any, error) {
	switch v.bare {
	case bareText:
		return everything(data)
	case bareNull:
		if primitive(data) {
			return data, nil
		}
		return nil, nil
	}
	if v.args != nil {
		args, err := v.args.eval(env{data: data})
		if err != nil {
			return nil, err
		}
		return lookUp(args, data)
	}
	// The fallback is evaluated first, as its errors count even if it is not needed.
	var fallback any
	if v.fallback != nil {
		var err error
		if fallback, err = v.fallback.eval(env{data: data}); err != nil {
			return nil, err
		}
	}
	return walk(data, v.path, fallback)
}

// lookUp is var with a path that is only known now: a text, a number, or a list of a
// text and what to take instead.
func lookUp(path, data any) (any, error) {
	switch p := path.(type) {
	case nil:
		if primitive(data) {
			return data, nil
		}
		return nil, nil
	case string:
		if p == "" {
			return everything(data)
		}
		return walk(data, split(p), nil)
	case float64:
		name, _ := text(p)
		return walk(data, split(name), nil)
	case []any:
		if len(p) == 0 {
			return everything(data)
		}
		if name, ok := p[0].(string); ok {
			var fallback any
			if len(p) == 2 {
				fallback = p[1]
			}
			return walk(data, split(name), fallback)
		}
	default:
		if data == nil {
			return nil, nil
		}
	}
	return nil, evaluationError("%q needs a text", "var")
}

// everything returns the data itself.
func everything(data any) (any, error) {
	if s, ok := data.(*Subject); ok {
		return s.whole()
	}
	return data, nil
}

// walk goes down a path and returns fallback where it ends too early.
func walk(data any, path []string, fallback any) (any, error) {
	value := data
	for i, part := range path {
		if part == "" {
			continue
		}
		var err error
		if value, err = step(value, path[i:]); err != nil {
			return nil, err
		}
		if value == nil {
			return fallback, nil
		}
	}
	if s, ok := value.(*Subject); ok { // nothing but dots
		return s.whole()
	}
	if value == nil {
		return fallback, nil
	}
	return value, nil
}

// step goes one part down.
func step(value any, path []string) (any, error) {
	switch v := value.(type) {
	case *Subject:
		return v.attribute(path[0])
	case map[string]any:
		return v[path[0]], nil
	case []any:
		f, _ := number(path[0]) // what is no number is the first element
		if i := int(f); i >= 0 && i < len(v) {
			return v[i], nil
		}
	}
	return nil, nil
}

// missing prepares missing and missing_some.
func (c compiler) missing(operator string, raw any) node {
	return &missing{operator: operator, args: c.compile(raw)}
}

type missing struct {
	operator string
	args     node
}

func (m *missing) eval(e env) (any, error) {
	args, err := m.args.eval(e)
	if err != nil {
		return nil, err
	}
	paths, enough, ok := m.read(args)
	if !ok {
		return nil, evaluationError("%q cannot work on what it is given", m.operator)
	}
	absent := make([]any, 0)
	for _, path := range paths {
		value, err := lookUp(path, e.data)
		if err != nil {
			return nil, err
		}
		if value == nil {
			absent = append(absent, path)
		}
	}
	if m.operator == "missing_some" && len(paths)-len(absent) >= enough {
		return []any{}, nil
	}
	return absent, nil
}

// read takes the arguments apart: the paths, and for missing_some how many of them
// are enough.
func (m *missing) read(args any) (paths []any, enough int, ok bool) {
	values, ok := args.([]any)
	if m.operator == "missing" {
		if name, isText := args.(string); isText {
			return []any{name}, 0, true
		}
		return values, 0, ok
	}
	if !ok || len(values) < 2 {
		return nil, 0, false
	}
	needed, isNumber := number(values[0])
	paths, isList := values[1].([]any)
	return paths, int(needed), isNumber && isList
}
