package rule

import "math"

// fractional prepares the operator that divides subjects by weight: the same subject
// always gets the same part, and of many each part gets its share.
//
// What is hashed is the first argument if it is a text, or else the flag's key and the
// targeting key. The hash, 32 bits, is scaled to the sum of the weights, and the part
// on whose stretch it falls is the result. It is null where that cannot be done.
func (c compiler) fractional(_ string, raw any) node {
	f := &fractional{args: c.compile(raw)}
	args, ok := raw.([]any)
	if !ok || len(args) == 0 {
		return f
	}
	// The common forms have their parts written out: shares are then known.
	parts := args
	if _, isPart := args[0].([]any); !isPart {
		f.by, parts = c.compile(args[0]), args[1:]
	}
	if written, ok := c.list(parts).(constant); ok {
		if list, ok := written.value.([]any); ok {
			f.prepared, f.shares = true, newShares(list)
		}
	}
	return f
}

type fractional struct {
	args node
	// prepared says that by and shares are used, not args. by is nil without one.
	prepared bool
	by       node
	shares   shares
}

func (f *fractional) eval(e env) (any, error) {
	if !f.prepared {
		return f.general(e)
	}
	var by any
	if f.by != nil {
		var err error
		if by, err = f.by.eval(e); err != nil {
			return nil, err
		}
		switch by.(type) {
		case nil, string:
		default: // it counts as a part
			return f.general(e)
		}
	}
	return f.shares.of(by, e.data)
}

// general reads the arguments for every evaluation.
func (f *fractional) general(e env) (any, error) {
	args, err := f.args.eval(e)
	if err != nil {
		return nil, err
	}
	values, ok := args.([]any)
	if !ok || len(values) == 0 {
		return nil, nil
	}
	by := values[0]
	switch by.(type) {
	case nil, string:
		values = values[1:]
	default:
		by = nil
	}
	return newShares(values).of(by, e.data)
}

// shares are what can come out, each with the end of its stretch. Empty means that
// they make no sense.
type shares []share

type share struct {
	result any
	end    uint64
}

// newShares reads parts of [result, weight] or [result], which weighs 1. Weights are
// whole, a negative one counts as 0, and all together are below 2^31.
func newShares(parts []any) shares {
	result := make(shares, len(parts))
	var end uint64
	for i, part := range parts {
		values, ok := part.([]any)
		if !ok || len(values) == 0 || values[0] != nil && !primitive(values[0]) {
			return nil
		}
		w, ok := weight(values)
		if !ok {
			return nil
		}
		end += w
		result[i] = share{values[0], end}
	}
	if end == 0 || end > math.MaxInt32 {
		return nil
	}
	return result
}

func weight(part []any) (w uint64, ok bool) {
	if len(part) < 2 || part[1] == nil {
		return 1, true
	}
	f, ok := part[1].(float64)
	if !ok || f != math.Trunc(f) || f > math.MaxInt32 || f < math.MinInt64 {
		return 0, false
	}
	return uint64(max(f, 0)), true
}

// of returns the share of whom data is about.
func (s shares) of(by, data any) (any, error) {
	if len(s) == 0 {
		return nil, nil
	}
	var prefix string
	key, ok := by.(string)
	if !ok {
		var err error
		if prefix, key, err = whom(data); err != nil || key == "" {
			return nil, err
		}
	} else if !hasAttributes(data) {
		return nil, nil
	}
	var stack [128]byte
	hashed := uint64(murmur3(append(append(stack[:0], prefix...), key...)))
	at := hashed * s[len(s)-1].end >> 32
	for _, share := range s {
		if at < share.end {
			return share.result, nil
		}
	}
	return nil, nil
}

func hasAttributes(data any) bool {
	switch data.(type) {
	case *Subject, map[string]any:
		return true
	}
	return false
}

// whom returns the flag's key and the targeting key, "" without one.
func whom(data any) (flagKey, key string, err error) {
	var value any
	switch d := data.(type) {
	case *Subject:
		if value, err = d.attribute(targetingKey); err != nil {
			return "", "", err
		}
		flagKey = d.FlagKey
	case map[string]any:
		value = d[targetingKey]
		if properties, ok := d[flagdKey].(map[string]any); ok {
			flagKey, _ = properties["flagKey"].(string)
		}
	}
	key, _ = value.(string)
	return flagKey, key, nil
}
