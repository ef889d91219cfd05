package rule_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/diegoholiveira/jsonlogic/v3"

	"github.com/jetsheet/jetsheet/flags/rule"
)

// registerFlagd gives the library flagd's operators. Its table is one for the whole
// process, so that no test may do this for itself.
func registerFlagd() {
	texts := func(holds func(s, part string) bool) func(values, _ any) any {
		return func(values, _ any) any {
			list, ok := values.([]any)
			if !ok || len(list) != 2 {
				return nil
			}
			s, sOK := list[0].(string)
			part, partOK := list[1].(string)
			if !sOK || !partOK {
				return nil
			}
			return holds(s, part)
		}
	}
	jsonlogic.AddOperator("starts_with", texts(strings.HasPrefix))
	jsonlogic.AddOperator("ends_with", texts(strings.HasSuffix))
	jsonlogic.AddOperator("sem_ver", semVerByTheBook)
	jsonlogic.AddOperator("fractional", fractionalByTheBook)
}

// library evaluates with the oracle.
func library(raw, data any) (result any, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return jsonlogic.ApplyInterface(raw, data)
}

// unlikeLibrary holds a rule against the library and describes the difference.
func unlikeLibrary(raw any, attributes map[string]any) string {
	data := map[string]any{"$flagd": map[string]any{"flagKey": "cutover", "timestamp": 1790000000.0}}
	for name, value := range attributes {
		data[name] = value
	}
	before := shown(raw)
	want, wantErr := library(raw, data)
	subject := &rule.Subject{Attributes: attributes, FlagKey: "cutover", Timestamp: 1790000000}
	got, err := rule.Compile(raw, nil).Evaluate(subject)
	if (err != nil) != (wantErr != nil) || err == nil && !alike(got, want) {
		return fmt.Sprintf("rule %s\ndata %s\n got %s, %v\nwant %s, %v", shown(raw), shown(attributes), shown(got), err, shown(want), wantErr)
	}
	if err != nil && !errors.Is(err, rule.ErrEvaluation) {
		return fmt.Sprintf("rule %s: error %v does not wrap ErrEvaluation", shown(raw), err)
	}
	if after := shown(raw); after != before {
		return fmt.Sprintf("the evaluation changed the rule %s to %s", before, after)
	}
	return ""
}

// alike also takes two values that are no numbers for the same.
func alike(a, b any) bool {
	return reflect.DeepEqual(a, b) || fmt.Sprintf("%#v", a) == fmt.Sprintf("%#v", b)
}

func shown(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprintf("%#v", value)
	}
	return string(data)
}

// TestLikeTheLibrary draws rules and data. The fuzz target goes on where this ends.
func TestLikeTheLibrary(t *testing.T) {
	t.Parallel()
	rules := 100_000
	if testing.Short() {
		rules = 10_000
	}
	seed := rand.Uint64()
	for i := range uint64(rules) {
		d := &drawer{next: rand.New(rand.NewPCG(seed, i)).IntN}
		attributes := d.attributes()
		raw := d.rule(4, false)
		if difference := unlikeLibrary(raw, attributes); difference != "" {
			t.Fatalf("seed %d, rule %d: %s", seed, i, difference)
		}
	}
}

func FuzzLikeTheLibrary(f *testing.F) {
	f.Add([]byte("\x05\x01\x02\x03\x04\x05\x06\x07\x08"))
	f.Fuzz(func(t *testing.T, source []byte) {
		at := 0
		d := &drawer{next: func(n int) int {
			if at >= len(source) {
				return 0
			}
			at++
			return int(source[at-1]) % n
		}}
		attributes := d.attributes()
		if difference := unlikeLibrary(d.rule(5, false), attributes); difference != "" {
			t.Fatal(difference)
		}
	})
}
