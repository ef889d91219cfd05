package rule_test

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/semver"
	"pgregory.net/rapid"

	"github.com/jetsheet/jetsheet/flags/rule"
)

// semVerByTheBook is sem_ver by the module that flagd compares versions with.
func semVerByTheBook(values, _ any) any {
	list, ok := values.([]any)
	if !ok || len(list) != 3 {
		return nil
	}
	a, aOK := moduleVersion(list[0])
	b, bOK := moduleVersion(list[2])
	if !aOK || !bOK {
		return nil
	}
	switch order := semver.Compare(a, b); list[1] {
	case "=":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	case "~":
		return semver.MajorMinor(a) == semver.MajorMinor(b)
	case "^":
		return semver.Major(a) == semver.Major(b)
	}
	return nil
}

// moduleVersion writes a version as the module wants it, with a v.
func moduleVersion(value any) (string, bool) {
	var text string
	switch v := value.(type) {
	case string:
		text = v
	case float64:
		text = fmt.Sprint(v)
	default:
		return "", false
	}
	if strings.HasPrefix(text, "v") || strings.HasPrefix(text, "V") {
		text = text[1:]
	}
	return "v" + text, semver.IsValid("v" + text)
}

// TestSemVerLikeTheModule draws versions, most of them valid and many of them near to each
// other: rules that are drawn as a whole seldom have two.
func TestSemVerLikeTheModule(t *testing.T) {
	t.Parallel()
	part := `(0|[1-9]|10|99999999999999999999|01)?`
	words := `(0|1|10|01|a|B|rc|-|a1|1a|--|é|_)?`
	version := rapid.OneOf(
		rapid.StringMatching(`[vV]?`+part+`(\.`+part+`(\.`+part+`(-`+words+`(\.`+words+`){0,2})?(\+`+words+`)?)?)?`),
		rapid.SampledFrom([]string{"1.2.3", "v1.2.3", "1.2.3-rc.1", "1.2.3-rc.2", "1.2.3-rc", "1.2.3-1", "1.2", "1", "", "vv1", "1.2.3.4", " 1.2.3", "1.2.3-rc+b"}),
	)
	compared, drawn := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		for range 100 {
			drawn++
			args := []any{version.Draw(t, "a"), rapid.SampledFrom([]string{"=", "!=", "<", "<=", ">", ">=", "~", "^", "=="}).Draw(t, "operator"), version.Draw(t, "b")}
			want := semVerByTheBook(args, nil)
			got, err := rule.Compile(map[string]any{"sem_ver": args}, nil).Evaluate(&rule.Subject{})
			if err != nil || got != want {
				t.Fatalf("sem_ver %s = %v, %v, want %v", shown(args), got, err, want)
			}
			if want != nil {
				compared++
			}
		}
	})
	if compared < drawn/10 {
		t.Errorf("only %d of %d pairs were of versions", compared, drawn)
	}
}
