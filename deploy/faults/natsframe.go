package faults

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// natsFrame is one operation of the NATS protocol with its payload, if it has one.
type natsFrame struct {
	verb           string
	subject, reply string
	headers        []byte // part of raw
	payload        []byte // part of raw
	raw            []byte // used again for the next frame
}

// maxNATSPayload is more than any server here lets through.
const maxNATSPayload = 64 << 20

var errFrame = errors.New("not the NATS protocol")

// read reads the next frame.
func (f *natsFrame) read(r *bufio.Reader) error {
	*f = natsFrame{raw: f.raw[:0]}
	for {
		part, err := r.ReadSlice('\n')
		f.raw = append(f.raw, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			return err
		}
		break
	}
	words := strings.Fields(string(f.raw))
	if len(words) == 0 {
		return nil
	}
	f.verb = strings.ToUpper(words[0])
	var args, sizes int // words before an optional reply, and after it
	switch f.verb {
	case "PUB":
		args, sizes = 1, 1
	case "HPUB":
		args, sizes = 1, 2
	case "MSG":
		args, sizes = 2, 1
	case "HMSG":
		args, sizes = 2, 2
	default:
		return nil
	}
	return f.readBody(r, words[1:], args, sizes)
}

func (f *natsFrame) readBody(r *bufio.Reader, words []string, args, sizes int) error {
	if len(words) != args+sizes && len(words) != args+sizes+1 {
		return fmt.Errorf("%w: %s with %d arguments", errFrame, f.verb, len(words))
	}
	f.subject = words[0]
	if len(words) > args+sizes {
		f.reply = words[args]
	}
	total, err := size(words[len(words)-1])
	if err != nil {
		return err
	}
	header := 0
	if sizes == 2 {
		if header, err = size(words[len(words)-2]); err != nil || header > total {
			return fmt.Errorf("%w: header of %s", errFrame, words[len(words)-2])
		}
	}
	begin := len(f.raw)
	f.raw = append(f.raw, make([]byte, total+2)...)
	if _, err := io.ReadFull(r, f.raw[begin:]); err != nil {
		return err
	}
	f.headers, f.payload = f.raw[begin:begin+header], f.raw[begin+header:begin+total]
	return nil
}

func size(word string) (int, error) {
	n, err := strconv.Atoi(word)
	if err != nil || n < 0 || n > maxNATSPayload {
		return 0, fmt.Errorf("%w: size %q", errFrame, word)
	}
	return n, nil
}

// header returns the value of a header, "" where there is none.
func (f *natsFrame) header(name string) string {
	for line := range bytes.SplitSeq(f.headers, []byte("\r\n")) {
		key, value, ok := strings.Cut(string(line), ":")
		if ok && strings.EqualFold(key, name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
