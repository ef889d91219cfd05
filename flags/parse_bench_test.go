package flags_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/flags"
)

// manyIDs is a document of 390 KB with 10,000 ids in five groups. Every n-th of them is a
// number; with 0 none is.
func manyIDs(n int) []byte {
	var groups, targeting []string
	for g := range 5 {
		ids := make([]string, 2000)
		for i := range ids {
			if ids[i] = fmt.Sprintf(`"%08x-0000-4000-8000-%012x"`, g, i); n > 0 && i%n == 0 {
				ids[i] = fmt.Sprintf("%038d", i+1)
				ids[i] = "1" + ids[i][1:]
			}
		}
		groups = append(groups, fmt.Sprintf(`"g%d": {"in": [{"var": "targetingKey"}, [%s]]}`, g, strings.Join(ids, ",")))
		targeting = append(targeting, fmt.Sprintf(`{"$ref": "g%d"}, "new"`, g))
	}
	return fmt.Appendf(nil, `{"$evaluators": {%s}, "flags": {"cutover": {"state": "ENABLED", "variants": {"legacy": "legacy", "new": "new"},
		"defaultVariant": "legacy", "targeting": {"if": [%s]}}}}`, strings.Join(groups, ","), strings.Join(targeting, ","))
}

// BenchmarkParseDocument reads documents of 390 KB whose ids are texts, with one number in
// a group, and all numbers.
func BenchmarkParseDocument(b *testing.B) {
	for name, n := range map[string]int{"texts": 0, "few-numbers": 2000, "numbers": 1} {
		document := manyIDs(n)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(document)))
			for b.Loop() {
				if _, err := flags.ParseDocument(document); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
