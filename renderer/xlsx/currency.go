package xlsx

import (
	"fmt"
	"slices"
	"strings"
)

// currencyCodes are those of ISO 4217 that people pay with.
const currencyCodes = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP " +
	"CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR " +
	"KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK " +
	"PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD " +
	"UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG"

// Not all currencies have hundredths.
const (
	wholeCurrencies      = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
	thousandthCurrencies = "BHD IQD JOD KWD LYD OMR TND"
)

// currencySigns are the signs that are one currency's alone; others show their code.
var currencySigns = map[string]string{"JPY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "KRW": "₩", "INR": "₹", "CNY": "CN¥", "TWD": "NT$", "HKD": "HK$"}

// signFirst are the languages that write the sign before the amount.
var signFirst = []string{"", "en", "ja", "zh", "ko"}

func parseCurrency(f Format, code, locale string) (Format, error) {
	if len(code) != len("JPY") || !slices.Contains(strings.Fields(currencyCodes), code) {
		return Format{}, fmt.Errorf("format %q: %q is no currency; write its code in ISO 4217, as in \"currency:JPY\"", "currency:"+code, code)
	}
	decimals := ".00"
	switch {
	case strings.Contains(wholeCurrencies, code):
		decimals = ""
	case strings.Contains(thousandthCurrencies, code):
		decimals = ".000"
	}
	sign, ok := currencySigns[code]
	switch first := slices.Contains(signFirst, language(locale)); {
	case !first && ok:
		f.after = "\u00a0" + sign
	case !first:
		f.after = "\u00a0" + code
	case ok:
		f.before = sign
	default:
		f.before = code + "\u00a0"
	}
	f.accepts, f.code = acceptsNumber, quoted(f.before)+"#,##0"+decimals+quoted(f.after)
	return f, nil
}

// quoted is text as a number format has it.
func quoted(text string) string {
	if text == "" {
		return ""
	}
	return `"` + text + `"`
}
