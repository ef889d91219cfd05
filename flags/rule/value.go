package rule

import (
	"math"
	"strconv"
	"strings"
)

// truth is what a condition makes of a value.
func truth(value any) bool {
	switch v := value.(type) {
	case bool:
		return v
	case float64:
		return v != 0
	case string:
		return v != ""
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return false
}

// number is what arithmetic makes of a value: a text that is no number counts as 0.
// Other values have no number.
func number(value any) (float64, bool) {
	switch v := value.(type) {
	case float64:
		return v, true
	case string:
		// Out of range is infinite, everything else 0.
		f, _ := strconv.ParseFloat(v, 64)
		return f, true
	}
	return 0, false
}

// loose is what a comparison makes of a value that is not compared as text.
func loose(value any) float64 {
	switch v := value.(type) {
	case nil:
		return 0
	case float64:
		return v
	case bool:
		if v {
			return 1
		}
		return 0
	case string:
		if strings.TrimSpace(v) == "" {
			return 0
		}
		if f, err := strconv.ParseFloat(v, 64); err == nil {
			return f
		}
	}
	return math.NaN()
}

// text is what cat, substr and paths make of a value; not every value has one.
func text(value any) (string, bool) {
	switch v := value.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return "", false
}

func primitive(value any) bool {
	switch value.(type) {
	case bool, string, float64:
		return true
	}
	return false
}
