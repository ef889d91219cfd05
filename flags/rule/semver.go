package rule

import (
	"cmp"
	"fmt"
	"strings"
)

// semVer is sem_ver: a version, an operator, a version. It is null, which is not
// false, where a version or the operator is not valid.
func semVer(args any) (any, bool) {
	values, ok := args.([]any)
	if !ok || len(values) != 3 {
		return nil, true
	}
	operator, _ := values[1].(string)
	a, aOK := parseVersion(values[0])
	b, bOK := parseVersion(values[2])
	if !aOK || !bOK {
		return nil, true
	}
	switch order := a.compare(b); operator {
	case "=":
		return order == 0, true
	case "!=":
		return order != 0, true
	case "<":
		return order < 0, true
	case "<=":
		return order <= 0, true
	case ">":
		return order > 0, true
	case ">=":
		return order >= 0, true
	case "~": // same minor
		return a.numbers[0] == b.numbers[0] && a.numbers[1] == b.numbers[1], true
	case "^": // same major
		return a.numbers[0] == b.numbers[0], true
	}
	return nil, true
}

// version is a semantic version; build metadata is not kept, it means nothing.
type version struct {
	numbers    [3]string // decimal, without leading zeros, of any length
	prerelease string
}

// parseVersion also reads v1.2.3 and V1.2.3, and 1 and 1.2, but these only without a
// prerelease. A number is read as it is written out.
func parseVersion(value any) (version, bool) {
	var s string
	switch v := value.(type) {
	case string:
		s = v
	case float64:
		s = fmt.Sprint(v)
	default:
		return version{}, false
	}
	if rest, found := strings.CutPrefix(s, "v"); found {
		s = rest
	} else {
		s = strings.TrimPrefix(s, "V")
	}
	v := version{numbers: [3]string{"0", "0", "0"}}
	for i := range v.numbers {
		digits := s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
		if !plainNumber(digits) {
			return version{}, false
		}
		v.numbers[i], s = digits, s[len(digits):]
		if s == "" {
			return v, true
		}
		if i == 2 {
			break
		}
		rest, dot := strings.CutPrefix(s, ".")
		if !dot {
			return version{}, false
		}
		s = rest
	}
	return v.withSuffix(s)
}

// withSuffix adds -prerelease and +build.
func (v version) withSuffix(s string) (version, bool) {
	s, build, hasBuild := strings.Cut(s, "+")
	if hasBuild && !identifiers(build, false) {
		return version{}, false
	}
	if s == "" {
		return v, hasBuild
	}
	prerelease, dash := strings.CutPrefix(s, "-")
	if !dash || !identifiers(prerelease, true) {
		return version{}, false
	}
	v.prerelease = prerelease
	return v, true
}

func plainNumber(digits string) bool { return digits == "0" || digits != "" && digits[0] != '0' }

// identifiers checks a list with dots; in a prerelease numbers have no leading zero.
func identifiers(s string, prerelease bool) bool {
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || strings.Trim(part, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "" {
			return false
		}
		if prerelease && allDigits(part) && !plainNumber(part) {
			return false
		}
	}
	return true
}

func allDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

func (v version) compare(other version) int {
	for i, n := range v.numbers {
		if order := compareNumbers(n, other.numbers[i]); order != 0 {
			return order
		}
	}
	return comparePrereleases(v.prerelease, other.prerelease)
}

func compareNumbers(a, b string) int {
	if order := cmp.Compare(len(a), len(b)); order != 0 {
		return order
	}
	return cmp.Compare(a, b)
}

// comparePrereleases: none comes last, numbers before words, the shorter list first.
func comparePrereleases(a, b string) int {
	switch {
	case a == b:
		return 0
	case a == "":
		return 1
	case b == "":
		return -1
	}
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		if order := compareIdentifiers(as[i], bs[i]); order != 0 {
			return order
		}
	}
	return cmp.Compare(len(as), len(bs))
}

func compareIdentifiers(a, b string) int {
	switch aNumber, bNumber := allDigits(a), allDigits(b); {
	case aNumber && bNumber:
		return compareNumbers(a, b)
	case aNumber:
		return -1
	case bNumber:
		return 1
	}
	return cmp.Compare(a, b)
}
