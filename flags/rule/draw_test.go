package rule_test

// drawer draws rules that flagd's schema allows and more, but not what the package
// comment names as different from the library: maps with one key in data, and in
// bodies what the library reads before it looks whether it is needed.
type drawer struct{ next func(n int) int }

func (d *drawer) one(values ...any) any { return values[d.next(len(values))] }

func (d *drawer) word(words ...string) string { return words[d.next(len(words))] }

func (d *drawer) attributes() map[string]any {
	attributes := map[string]any{"always": "there"} // with $flagd two keys: no rule
	for _, name := range []string{"targetingKey", "a", "b", "n", "list", "items", "m", "flag"} {
		if d.next(4) > 0 {
			attributes[name] = d.attribute(name)
		}
	}
	return attributes
}

func (d *drawer) attribute(name string) any {
	switch {
	case d.next(6) == 0: // of another type than one would think
		return d.value(2)
	case name == "list":
		return d.list(func() any { return d.primitive() })
	case name == "items":
		return d.list(func() any { return map[string]any{"a": d.primitive(), "n": d.primitive(), "ok": d.primitive()} })
	case name == "m":
		return map[string]any{"x": d.value(1), "y": d.primitive()}
	case name == "n":
		return d.one(0.0, 1.0, 2.5, -3.0, 1e9)
	}
	return d.one("tenant-1", "tenant-2", "", "東京", "x")
}

func (d *drawer) list(element func() any) []any {
	values := make([]any, d.next(4))
	for i := range values {
		values[i] = element()
	}
	return values
}

func (d *drawer) primitive() any {
	return d.one(nil, true, false, 0.0, 1.0, -1.0, 2.5, 50.0, 1e21, "", "a", "b", "x", "tenant-1", "1", "2.5", " 7 ", "1e999", "0x10",
		"nan", "-inf", "東京ab", "1.2.3", "v1.3", "=", "~", "<")
}

func (d *drawer) value(depth int) any {
	switch d.next(6) {
	case 0:
		if depth > 0 {
			return d.list(func() any { return d.value(depth - 1) })
		}
	case 1:
		if depth > 0 {
			return map[string]any{"x": d.value(depth - 1), "y": d.primitive()}
		}
	}
	return d.primitive()
}

// rule draws a part of a rule; in a body with less freedom.
func (d *drawer) rule(depth int, body bool) any {
	if depth == 0 || d.next(5) == 0 {
		if d.next(2) == 0 {
			return d.variable(depth, body)
		}
		return d.primitive()
	}
	args := func(n int) []any {
		values := make([]any, n)
		for i := range values {
			values[i] = d.rule(depth-1, body)
		}
		return values
	}
	few := func(least int) []any { return args(least + d.next(3)) }
	switch d.next(16) {
	case 0, 1:
		return map[string]any{"if": few(0)}
	case 2:
		return map[string]any{d.word("and", "or"): few(0)}
	case 3:
		return map[string]any{d.word("!", "!!"): d.loosely(few(0), body)}
	case 4, 5:
		return map[string]any{d.word("==", "===", "!=", "!==", "<", "<=", ">", ">="): d.loosely(few(1), body)}
	case 6:
		// What - and / make of nothing is an int in the library, which equals no number.
		operator := d.word("+", "-", "*", "/", "%", "max", "min")
		return map[string]any{operator: d.loosely(few(1), body || operator == "-" || operator == "/")}
	case 7:
		return map[string]any{d.word("cat", "substr", "merge"): d.loosely(few(1), body)}
	case 8, 9:
		return map[string]any{"in": d.loosely([]any{d.rule(depth-1, body), d.one(d.list(d.primitive), d.value(2), d.rule(depth-1, body))}, body)}
	case 10:
		return map[string]any{d.word("starts_with", "ends_with"): few(1)}
	case 11:
		return map[string]any{"sem_ver": []any{d.rule(depth-1, body), d.one("=", "!=", "<", "<=", ">", ">=", "~", "^", "?"), d.rule(depth-1, body)}}
	case 12:
		return d.fractional(depth, body)
	case 13:
		return d.each(depth, body)
	case 14:
		return d.missing(depth, body)
	}
	return []any{d.rule(depth-1, body), d.rule(depth-1, body)}
}

// loosely gives arguments without their list now and then.
func (d *drawer) loosely(args []any, body bool) any {
	if body || len(args) == 0 || d.next(5) > 0 {
		return args
	}
	return args[0]
}

func (d *drawer) path() any {
	return d.one("a", "b", "n", "list", "items", "m", "flag", "targetingKey", "m.x", "m.x.y", "items.0.a", "items.1", "list.0", "list.9",
		"ok", "current", "accumulator", "$flagd.flagKey", "$flagd.timestamp", "$flagd", "", ".a", "a.", "items.a")
}

func (d *drawer) variable(depth int, body bool) any {
	switch d.next(8) {
	case 0:
		return map[string]any{"var": []any{d.path(), d.primitive()}}
	case 1:
		return map[string]any{"var": []any{d.path()}}
	case 2:
		return map[string]any{"var": d.one(0.0, 1.0, nil, []any{})}
	case 3:
		if !body && depth > 0 {
			return map[string]any{"var": d.rule(depth-1, body)}
		}
	}
	return map[string]any{"var": d.path()}
}

func (d *drawer) source(depth int, body bool) any {
	over := d.one(map[string]any{"var": d.one("list", "items", "m.x", "a")}, map[string]any{"var": "items"}, d.list(d.primitive), d.rule(depth-1, body))
	if values, ok := over.([]any); ok { // written out: it must not hold rules
		for i, value := range values {
			if !isPrimitive(value) {
				values[i] = nil
			}
		}
	}
	return over
}

func isPrimitive(value any) bool {
	switch value.(type) {
	case []any, map[string]any:
		return false
	}
	return true
}

func (d *drawer) each(depth int, body bool) any {
	operator := d.word("filter", "map", "all", "none", "some", "reduce")
	args := []any{d.source(depth, body), d.rule(depth-1, true)}
	if operator == "reduce" {
		args = append(args, d.one(0.0, "", false, 5.0, map[string]any{"var": "n"}))
	}
	if !body && d.next(12) == 0 {
		args = args[:1]
	}
	return map[string]any{operator: args}
}

func (d *drawer) missing(depth int, body bool) any {
	paths := d.list(d.path)
	if d.next(3) == 0 {
		return map[string]any{"missing_some": []any{d.one(1.0, 2.0, "1", nil), paths}}
	}
	return map[string]any{"missing": d.one(paths, d.path(), map[string]any{"merge": []any{"a", d.rule(depth-1, body)}})}
}

func (d *drawer) fractional(depth int, body bool) any {
	part := func() any {
		switch d.next(8) {
		case 0:
			return []any{d.one("a", "b")}
		case 1:
			return []any{d.rule(depth-1, body), d.rule(depth-1, body)}
		case 2:
			return []any{d.one("a", nil, 1.0), d.one(-5.0, 1.5, nil, 2147483647.0, 2147483648.0, -1e300, "1")}
		}
		return []any{d.one("a", "b", true, "c"), d.one(1.0, 0.0, 50.0, 33.0)}
	}
	var args []any
	if d.next(2) == 0 {
		args = append(args, d.rule(depth-1, body))
	}
	for range d.next(4) {
		args = append(args, part())
	}
	return map[string]any{"fractional": args}
}
