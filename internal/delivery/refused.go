package delivery

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
)

// RefusedError is NATS refusing a subject to a user.
type RefusedError struct {
	Action  string // publish or subscribe
	Subject string
	User    string // such as "user renderer"
}

// Error implements [error].
func (e *RefusedError) Error() string {
	return fmt.Sprintf("permission denied by NATS: %s to %q (%s): grant it, see deploy/nats", e.Action, e.Subject, e.User)
}

// brief is the refusal in a text that is the same from conversion to conversion.
func (e *RefusedError) brief() string {
	family, one := splitSubject(e.Subject)
	if one != "" {
		family += "…"
	}
	return fmt.Sprintf("permission denied: %s to %s (%s)", e.Action, family, e.User)
}

// splitSubject splits a subject in front of what names one run, conversion or object;
// one is "" where there is none.
func splitSubject(subject string) (family, one string) {
	tokens := strings.Split(subject, ".")
	for i, token := range tokens {
		_, err := jetsheet.ParseRunID(token)
		if err == nil || i == 3 && tokens[0] == "$O" {
			at := len(strings.Join(tokens[:i], ".")) + 1
			return subject[:at], subject[at:]
		}
	}
	return subject, ""
}

// RefusalFunc returns the latest refusal since an instant whose subject concerns the
// caller, or nil. A refused request has no answer: whoever sent it hears of a time-out,
// and the reason comes to the connection alone.
type RefusalFunc func(since time.Time, concerns func(subject string) bool) *RefusedError

// explain puts the refusal in the place of the time-out that it made; see [Explain].
func (w *Worker) explain(c *Error, key string, since time.Time) *Error {
	return explain(w.cfg.Refusal, c, key, since)
}

// Explain puts a refusal since an instant in the place of the time-out that it made, where
// err was made by [Unavailable] and something was refused that it waits for. Any other
// error is returned as it is, and all are without refusal.
func Explain(refusal RefusalFunc, err error, since time.Time) error {
	var known *Error
	if !errors.As(err, &known) {
		return err
	}
	if explained := explain(refusal, known, "", since); explained != known {
		return explained
	}
	return err
}

// explain: what is refused still is unavailable. Nothing is wrong with the conversion, and
// once the right is granted it goes on.
func explain(refusal RefusalFunc, c *Error, key string, since time.Time) *Error {
	if refusal == nil || c.Class != jetsheet.ClassUnavailable || c.Waiting == "" {
		return c
	}
	refused := refusal(since, func(subject string) bool { return concerns(subject, c.Waiting, key) })
	if refused == nil {
		return c
	}
	return &Error{Class: c.Class, Cause: c.Cause, Waiting: c.Waiting + ": " + refused.brief(), Err: fmt.Errorf("%w: %w", refused, c.Err)}
}

// concerns says whether a subject belongs to what is waited for, as [Unavailable] names
// it, and, where it names a conversion, to that one: key is how its subjects end. An
// empty key means any.
func concerns(subject, waiting, key string) bool {
	at := strings.LastIndexByte(waiting, ' ') + 1
	kind, name := strings.TrimSuffix(waiting[:at], " "), waiting[at:]
	if waiting == anyOfNATS {
		return true
	}
	stream, data := name, []string(nil)
	switch kind {
	case "stream":
		data = streamSubjects(name)
	case "consumer":
		stream, _, _ = strings.Cut(name, "/")
	case "KV bucket":
		stream, data = "KV_"+name, []string{jetsheet.EntrySubject(name, "")}
	case "object store":
		stream, data = jetsheet.StoreStream(name), []string{"$O." + name + "."}
	default:
		return false
	}
	if !slices.Contains(strings.Split(subject, "."), stream) && !slices.ContainsFunc(data, func(begin string) bool {
		return strings.Contains(subject, begin) // outside the default API prefix that stands before it
	}) {
		return false
	}
	_, one := splitSubject(subject)
	return key == "" || one == "" || kind == "object store" || strings.HasPrefix(key+".", one+".")
}

// streamSubjects are how the subjects of a stream begin, none where it is not known.
func streamSubjects(stream string) []string {
	var all []string
	for subject, of := range map[string]string{
		jetsheet.SubjectTriggers: jetsheet.StreamTriggers, jetsheet.SubjectRequests: jetsheet.StreamConversions,
		jetsheet.SubjectRenderedPublish: jetsheet.StreamRendered, jetsheet.SubjectRenderedCompare: jetsheet.StreamRendered,
		jetsheet.SubjectDone: jetsheet.StreamDone, jetsheet.SubjectFailed: jetsheet.StreamFailed,
	} {
		if of == stream {
			all = append(all, strings.TrimSuffix(subject, ">"))
		}
	}
	return all
}
