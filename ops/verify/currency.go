package verify

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	currencyName = regexp.MustCompile(`^[A-Z]{3}$`)
	// noDecimals are the currencies without hundredths, threeDecimals those with thousandths.
	noDecimals    = []string{"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"}
	threeDecimals = []string{"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}
	// inFront are the languages that write the currency before the amount.
	inFront = []string{"", "en", "ja", "ko", "zh"}
)

// currencySign is what stands for a currency; one that has no sign of its own is named.
func currencySign(name string) (sign string, own bool) {
	switch name {
	case "JPY":
		return "¥", true
	case "USD":
		return "$", true
	case "EUR":
		return "€", true
	case "GBP":
		return "£", true
	case "KRW":
		return "₩", true
	case "INR":
		return "₹", true
	case "CNY":
		return "CN¥", true
	case "TWD":
		return "NT$", true
	case "HKD":
		return "HK$", true
	default:
		return name, false
	}
}

// asCurrency is the format of amounts of a currency.
func (f format) asCurrency(name, language string) (format, error) {
	if !currencyName.MatchString(name) {
		return f, fmt.Errorf("%q is no currency", name)
	}
	const blank = "\u00a0" // at which lines do not break
	switch sign, own := currencySign(name); {
	case !slices.Contains(inFront, language):
		f.after = blank + sign
	case own:
		f.before = sign
	default:
		f.before = sign + blank
	}
	places := 2
	switch {
	case slices.Contains(noDecimals, name):
		places = 0
	case slices.Contains(threeDecimals, name):
		places = 3
	}
	f.purpose, f.code = forNumbers, "#,##0"
	if places > 0 {
		f.code += "." + strings.Repeat("0", places)
	}
	f.code = inQuotes(f.before) + f.code + inQuotes(f.after)
	return f, nil
}

// inQuotes is text as a number format has it.
func inQuotes(text string) string {
	if text == "" {
		return ""
	}
	return `"` + text + `"`
}
