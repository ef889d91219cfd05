package rule_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/jetsheet/jetsheet/flags/rule"
)

// fractionalByTheBook is flagd's rule for arguments that are evaluated: slow, and
// written from its description, with the hash taken as given.
func fractionalByTheBook(values, data any) any {
	args, ok := values.([]any)
	attributes, isMap := data.(map[string]any)
	if !ok || !isMap || len(args) == 0 {
		return nil
	}
	by, isText := args[0].(string)
	if isText || args[0] == nil {
		args = args[1:]
	}
	if !isText {
		key, _ := attributes["targetingKey"].(string)
		if key == "" {
			return nil
		}
		if flagd, ok := attributes["$flagd"].(map[string]any); ok {
			flagKey, _ := flagd["flagKey"].(string)
			by = flagKey + key
		} else {
			by = key
		}
	}
	var ends []*big.Int
	total := big.NewInt(0)
	for _, arg := range args {
		part, ok := arg.([]any)
		if !ok || len(part) == 0 {
			return nil
		}
		switch part[0].(type) {
		case []any, map[string]any:
			return nil
		}
		weight := int64(1)
		if len(part) > 1 && part[1] != nil {
			f, ok := part[1].(float64)
			if !ok || math.IsNaN(f) {
				return nil
			}
			whole, accuracy := big.NewFloat(f).Int64()
			if accuracy != big.Exact || whole > 1<<31-1 {
				return nil
			}
			weight = max(whole, 0)
		}
		total = new(big.Int).Add(total, big.NewInt(weight))
		ends = append(ends, total)
	}
	if total.Sign() == 0 || total.BitLen() > 31 {
		return nil
	}
	at := new(big.Int).Mul(big.NewInt(int64(rule.Murmur3([]byte(by)))), total)
	at.Rsh(at, 32)
	for i, end := range ends {
		if at.Cmp(end) < 0 {
			part, ok := args[i].([]any)
			if !ok {
				return nil
			}
			return part[0]
		}
	}
	return nil
}

func TestMurmur3(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]uint32{ // of the reference implementation
		"":             0,
		"abc":          0xb3dd93fa,
		"hello":        0x248bfa47,
		"hello, world": 0x149bbb7f,
		"The quick brown fox jumps over the lazy dog": 0x2e4ff723,
		"19 Jan 2038 at 3:14:07 AM":                   0xe31e8a70,
	} {
		if got := rule.Murmur3([]byte(s)); got != want {
			t.Errorf("Murmur3(%q) = %#x, want %#x", s, got, want)
		}
	}
}
