package xlsx

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

// Protection keeps people from changing a sheet's cells. It is against mistakes: it hides
// nothing, and who wants to can take it off. A nil *Protection is none.
type Protection struct {
	// Password takes the protection off; without one anybody may.
	Password Password
	// Allow is what may be done beside selecting and copying cells.
	Allow []Action
}

// Action is something that a protected sheet may allow.
type Action string

// The actions.
const (
	AllowFilter        Action = "filter"
	AllowFormatCells   Action = "formatCells"
	AllowFormatColumns Action = "formatColumns"
	AllowFormatRows    Action = "formatRows"
)

// actions are the attributes by which each is forbidden, in the order in which they are
// named.
var actions = []struct {
	action    Action
	attribute string
}{{AllowFilter, "autoFilter"}, {AllowFormatCells, "formatCells"}, {AllowFormatColumns, "formatColumns"}, {AllowFormatRows, "formatRows"}}

// ActionNames are the actions as text, for messages and help.
func ActionNames() []string {
	names := make([]string, len(actions))
	for i, a := range actions {
		names[i] = string(a.action)
	}
	return names
}

func (p *Protection) validate() error {
	if p == nil {
		return nil
	}
	for _, a := range p.Allow {
		if !slices.Contains(ActionNames(), string(a)) {
			return fmt.Errorf("a protected sheet cannot allow %q; known are %s", a, strings.Join(ActionNames(), ", "))
		}
	}
	return nil
}

func (p *Protection) appendXML(b []byte) []byte {
	if p == nil {
		return b
	}
	b = append(b, `<sheetProtection`...)
	if p.Password != (Password{}) {
		b = fmt.Appendf(b, ` algorithmName="SHA-512" hashValue="%s" saltValue="%s" spinCount="%d"`, p.Password.hash, p.Password.salt, hashRounds)
	}
	b = append(b, ` sheet="1" objects="1" scenarios="1"`...)
	for _, a := range actions {
		forbidden := 1
		if slices.Contains(p.Allow, a.action) {
			forbidden = 0
		}
		b = fmt.Appendf(b, ` %s="%d"`, a.attribute, forbidden)
	}
	// That these are forbidden goes without saying, but not for every program that reads.
	for _, attribute := range []string{"insertColumns", "insertRows", "insertHyperlinks", "deleteColumns", "deleteRows", "sort", "pivotTables"} {
		b = fmt.Appendf(b, ` %s="1"`, attribute)
	}
	return append(b, `/>`...)
}

// Password is the hash of a password, as a workbook has it. The zero Password is none.
type Password struct{ hash, salt string }

const (
	// hashRounds is as often as Excel hashes; to try passwords takes as long.
	hashRounds = 100_000
	saltSize   = 16
	// maxPassword is Excel's limit, in UTF-16 units.
	maxPassword = 255
)

// HashPassword hashes a password the way of ISO/IEC 29500 with SHA-512. That takes about
// 20 ms: hash once for many workbooks. The same password and salt give the same hash, so
// that workbooks have the same bytes; the salt should be another one for each report, and
// must have nothing to do with the password.
func HashPassword(password, salt string) (Password, error) {
	units := utf16.Encode([]rune(password))
	if n := len(units); n == 0 || n > maxPassword {
		return Password{}, fmt.Errorf("a password has 1 to %d characters, and this one has %d", maxPassword, n)
	}
	seed := sha256.Sum256([]byte(salt))
	input := seed[:saltSize:saltSize]
	for _, u := range units {
		input = binary.LittleEndian.AppendUint16(input, u)
	}
	hash := sha512.Sum512(input)
	round := make([]byte, len(hash)+4)
	for i := range uint32(hashRounds) {
		copy(round, hash[:])
		binary.LittleEndian.PutUint32(round[len(hash):], i)
		hash = sha512.Sum512(round)
	}
	return Password{
		hash: base64.StdEncoding.EncodeToString(hash[:]),
		salt: base64.StdEncoding.EncodeToString(seed[:saltSize]),
	}, nil
}
