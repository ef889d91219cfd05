package jetsheet

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// TenantIDs are tenants' ids, which are texts. From JSON they also read whole numbers, as
// programs send them whose ids are numbers: 7, 7.0 and 7e0 are all the id "7", of any length
// and without loss. Anything else is an error. They are written as texts.
type TenantIDs []string

// UnmarshalJSON implements [json.Unmarshaler].
func (ids *TenantIDs) UnmarshalJSON(data []byte) error {
	var values []json.RawMessage
	if err := json.Unmarshal(data, &values); err != nil {
		return errors.New("tenants are a list of ids") // the decoder's own words are of types
	}
	*ids = make(TenantIDs, 0, len(values))
	for _, value := range values {
		var id string
		isID := false
		switch c := value[0]; {
		case c == '"':
			isID = json.Unmarshal(value, &id) == nil
		case c == '-' || c >= '0' && c <= '9':
			id, isID = NumberID(string(value))
		}
		if !isID {
			return fmt.Errorf("%s is no tenant's id: ids are texts or whole numbers", value)
		}
		*ids = append(*ids, id)
	}
	return nil
}

// maxIDDigits is the most digits of an id that is a number: ids have 256 bytes at most.
const maxIDDigits = 256

// NumberID is the id that a number in JSON means: its digits, where it is whole, as
// PostgreSQL writes an integer. false says that it is none.
func NumberID(number string) (id string, ok bool) {
	mantissa, exponent := number, 0
	if e := strings.IndexAny(number, "eE"); e >= 0 {
		var err error
		if exponent, err = strconv.Atoi(number[e+1:]); err != nil || exponent < -2*maxIDDigits || exponent > 2*maxIDDigits {
			return "", false
		}
		mantissa = number[:e]
	}
	digits, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	digits = whole + strings.TrimRight(fraction, "0")
	zeros := exponent - (len(digits) - len(whole)) // behind the digits
	if zeros < 0 {                                 // 70e-1
		trimmed := strings.TrimRight(digits, "0")
		if len(digits)-len(trimmed) < -zeros && trimmed != "" {
			return "", false
		}
		digits, zeros = digits[:max(0, len(digits)+zeros)], 0
	}
	if len(digits)+zeros > maxIDDigits {
		return "", false
	}
	id = strings.TrimLeft(digits+strings.Repeat("0", zeros), "0")
	switch {
	case id == "":
		return "0", true
	case negative:
		return "-" + id, true
	}
	return id, true
}
