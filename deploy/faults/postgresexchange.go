package faults

import (
	"bufio"
	"bytes"
	"strings"
)

// pgExchange is what a role sends before it waits for an answer.
type pgExchange struct {
	raw []byte
	// twice is what is sent to have it done once more: all but the preparing.
	twice []byte
	// label names the statements; "" for what is no statement, such as a password.
	label string
}

// maxLabel is how many characters of a statement are its name.
const maxLabel = 60

// readExchange reads messages up to one that asks for an answer.
func (s *pgSession) readExchange(r *bufio.Reader) (*pgExchange, error) {
	x := &pgExchange{}
	var run, prepared string
	ran := func(label string) {
		if run == "" || !frame(label) {
			run = label
		}
	}
	for {
		kind, raw, err := readPGMessage(r, nil)
		if err != nil {
			return nil, err
		}
		x.raw = append(x.raw, raw...)
		body := raw[5:]
		switch kind {
		case 'P': // prepare: name, statement
			name, rest := cString(body)
			text, _ := cString(rest)
			s.statements[name] = statementLabel(text)
			prepared = s.statements[name]
			continue
		case 'B': // bind: portal, name
			_, rest := cString(body)
			name, _ := cString(rest)
			ran(s.statements[name])
		case 'Q':
			text, _ := cString(body)
			ran(statementLabel(text))
		}
		if kind != 'C' { // what is closed once need not be closed again
			x.twice = append(x.twice, raw...)
		}
		switch kind {
		case 'Q', 'S', 'H':
			switch {
			case run != "":
				x.label = run
			case prepared != "":
				x.label = "prepare " + prepared
			}
			return x, nil
		case 'X', 'p': // end, password
			return x, nil
		}
	}
}

// frame says whether a statement is what every transaction begins or ends with: the
// others say more of an exchange.
func frame(label string) bool {
	word, _, _ := strings.Cut(label, " ")
	switch word {
	case "begin", "commit", "rollback", "set", "deallocate":
		return true
	}
	return strings.HasPrefix(label, "select set_config")
}

func cString(b []byte) (text string, rest []byte) {
	head, rest, _ := bytes.Cut(b, []byte{0})
	return string(head), rest
}

// statementLabel is the beginning of a statement on one line.
func statementLabel(text string) string {
	label := strings.Join(strings.Fields(text), " ")
	if len(label) > maxLabel {
		label = strings.ToValidUTF8(label[:maxLabel], "")
	}
	return strings.ToLower(label)
}
