package ops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
)

// FailureFilter picks failed conversions. Empty fields match everything.
type FailureFilter struct {
	// Run is a run's id, the beginning of one, or a report's name for the run of it that
	// was started last.
	Run    string `json:"run,omitempty"`
	Report string `json:"report,omitempty"`
	Tenant string `json:"tenant,omitempty"`
	Target string `json:"target,omitempty"`
	// Conversion is one conversion as RUN/TENANT/TARGET, with the ids as tokens: see
	// [jetsheet.Conversion.String]. A stray message is named by its subject in FAILED.
	Conversion string         `json:"conversion,omitempty"`
	Cause      jetsheet.Cause `json:"cause,omitempty"`
	// Stray picks only stray messages: those that somebody published on a subject that names
	// no conversion, and so neither run nor report.
	Stray bool `json:"stray,omitempty"`
	// Since and Until bound when a conversion failed: at or after, and before.
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// Dismissed picks the dismissed ones too. Where one conversion is named, it is picked
	// whether it was dismissed or not.
	Dismissed bool `json:"dismissed,omitempty"`
	// All says that a filter which picks everything that failed is meant so.
	All bool `json:"all,omitempty"`
}

// LogValue writes the filter for a log, without what matches everything.
func (f FailureFilter) LogValue() slog.Value {
	text, err := json.Marshal(f)
	if err != nil {
		return slog.StringValue(err.Error())
	}
	return slog.StringValue(string(text))
}

// empty says whether the filter picks everything.
func (f *FailureFilter) empty() bool {
	return f.Run == "" && f.Report == "" && f.Tenant == "" && f.Target == "" && f.Conversion == "" && f.Cause == "" &&
		!f.Stray && f.Since.IsZero() && f.Until.IsZero()
}

// failureScan is a filter made exact.
type failureScan struct {
	FailureFilter // Run is a whole id

	// address is what the filter narrows subjects to; subject is set instead where it names
	// one stray message.
	address jetsheet.Address
	subject string
	// after and upTo bound the sequences in FAILED; upTo is 0 without a bound.
	after, upTo uint64
	// bodies says that the requests are needed too.
	bodies bool
}

// one says whether the filter names one conversion, or one stray message.
func (s *failureScan) one() bool {
	return s.subject != "" || !s.address.Run.IsZero() && s.address.Tenant != "" && s.address.Target != ""
}

// subjects matches what the filter can pick.
func (s *failureScan) subjects() string {
	switch {
	case s.subject != "":
		return s.subject
	case s.address == jetsheet.Address{}: // stray messages have any subject
		return jetsheet.SubjectFailed
	default:
		return s.address.FailedSubjects()
	}
}

// scan makes a filter exact.
func (r *Reader) scan(ctx context.Context, f FailureFilter) (*failureScan, error) {
	if err := CheckCause(f.Cause); err != nil {
		return nil, invalid(err)
	}
	if !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until) {
		return nil, invalid(fmt.Errorf("no failure is both at or after %s and before %s: exchange since and until",
			f.Since.Format(time.RFC3339), f.Until.Format(time.RFC3339)))
	}
	s := &failureScan{FailureFilter: f}
	if f.Conversion != "" {
		if f.Run != "" || f.Tenant != "" || f.Target != "" {
			return nil, invalid(errors.New("a conversion names run, tenant and target: leave these out"))
		}
		subject, err := FailureSubject(f.Conversion)
		if err != nil {
			return nil, invalid(err)
		}
		if s.address, err = jetsheet.ParseSubject(subject); err != nil {
			s.subject = subject
		}
	}
	if f.Run != "" {
		id, err := r.Find(ctx, f.Run)
		if err != nil {
			return nil, err
		}
		s.Run, s.address.Run = id.String(), id
	}
	if f.Tenant != "" {
		s.address.Tenant = jetsheet.Token(f.Tenant)
	}
	if f.Target != "" {
		s.address.Target = jetsheet.Token(f.Target)
	}
	if run := s.address.Run; f.Report != "" && !run.IsZero() && run.Report != f.Report {
		return nil, errOtherReport(run, f.Report)
	}
	return s, nil
}

// errOtherReport refuses a filter that names a run and another report than the run's.
func errOtherReport(run jetsheet.RunID, report string) error {
	return invalid(fmt.Errorf("run %s is not of the report %s: leave out one of them", run, report))
}

// narrowed is [Reader.scan] for what changes something: to pick everything has to be said.
func (r *Reader) narrowed(ctx context.Context, f FailureFilter) (*failureScan, error) {
	if f.empty() && !f.All {
		return nil, invalid(errors.New(`nothing says which failures are meant: name a run, report, tenant, target, conversion, cause or time, or say "all": true`))
	}
	return r.scan(ctx, f)
}

// matches says whether a failure, known by its address and headers, is picked.
// The address of a stray message is zero.
func (s *failureScan) matches(a jetsheet.Address, f *jetsheet.Failure) bool {
	if a.Run.IsZero() && s.address != (jetsheet.Address{}) || s.Stray && !a.Run.IsZero() {
		return false
	}
	return (s.Report == "" || s.Report == a.Run.Report) && (s.Cause == "" || s.Cause == f.Cause) &&
		(s.Since.IsZero() || !f.At.Before(s.Since)) && (s.Until.IsZero() || f.At.Before(s.Until))
}

// CheckCause returns an error that names the known causes where a filter's cause is none
// of them. The empty cause matches every failure.
func CheckCause(cause jetsheet.Cause) error {
	if cause == "" || slices.Contains(jetsheet.Causes(), cause) {
		return nil
	}
	return errNotKnown("cause", cause, jetsheet.Causes())
}

// FailureSubject returns where a failure lies in FAILED, by its name in lists:
// RUN/TENANT/TARGET, or, for a stray message, that subject itself.
func FailureSubject(name string) (string, error) {
	if strings.HasPrefix(name, failedSubject("")) && !strings.ContainsAny(name, "*> \t\r\n") {
		return name, nil
	}
	address, err := ParseConversion(name)
	if err != nil {
		return "", err
	}
	return address.FailedSubject(), nil
}

// ParseConversion reads RUN/TENANT/TARGET with the ids as tokens, as
// [jetsheet.Conversion.String] writes it.
func ParseConversion(text string) (jetsheet.Address, error) {
	parts := strings.Split(text, "/")
	if len(parts) != 3 || parts[1] == "" || parts[2] == "" || strings.ContainsAny(parts[1]+parts[2], ".*> \t\r\n") {
		return jetsheet.Address{}, fmt.Errorf("%q is no conversion; write RUN/TENANT/TARGET as \"jetsheet failures list\" shows it", text)
	}
	run, err := jetsheet.ParseRunID(parts[0])
	if err != nil {
		return jetsheet.Address{}, err
	}
	return jetsheet.Address{Run: run, Tenant: parts[1], Target: parts[2]}, nil
}

// conversionText writes an address as [ParseConversion] reads it.
func conversionText(a jetsheet.Address) string {
	return a.Run.String() + "/" + a.Tenant + "/" + a.Target
}
