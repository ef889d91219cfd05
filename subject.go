package jetsheet

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
)

// maxToken is the most characters of a token.
const maxToken = 64

// Token makes one subject token, KV key part or S3 key segment of an id, which is
// the user's and hostile: it may hold dots, spaces, wildcards, slashes, anything.
// Letters, digits, _ and - stay, any other byte is written =XX. What would be
// empty or longer than 64 characters becomes == and the base32 of its sha256.
// Different ids have different tokens. The id itself is in the body of every
// message.
func Token(id string) string {
	if plainToken(id) {
		return id
	}
	var b strings.Builder
	for i := range len(id) {
		if c := id[i]; plainByte(c) {
			b.WriteByte(c)
		} else {
			const hex = "0123456789ABCDEF"
			b.WriteByte('=')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	if b.Len() > 0 && b.Len() <= maxToken {
		return b.String()
	}
	sum := sha256.Sum256([]byte(id))
	return "==" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:])
}

func plainToken(id string) bool {
	if id == "" || len(id) > maxToken {
		return false
	}
	for i := range len(id) {
		if !plainByte(id[i]) {
			return false
		}
	}
	return true
}

func plainByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// Subjects that consumers filter on.
const (
	// SubjectSchedules holds one JetStream schedule per report; the producer
	// publishes them, the server reads them.
	SubjectSchedules = "conversions.schedule.>"
	// SubjectTriggers is where schedules fire; the producer reads it.
	SubjectTriggers = "conversions.trigger.>"
	// SubjectRequests: the producer and replays publish, renderers read.
	SubjectRequests = "conversions.request.>"
	// SubjectRenderedPublish and SubjectRenderedCompare: renderers publish, uploaders
	// read.
	SubjectRenderedPublish = "conversions.rendered.publish.>"
	SubjectRenderedCompare = "conversions.rendered.compare.>"
	// SubjectDone: uploaders (and renderers, for skipped) publish; anyone may read.
	SubjectDone = "conversions.done.>"
	// SubjectFailed: any stage publishes; producer and ops read.
	SubjectFailed = "conversions.failed.>"
	// SubjectRequestsGivenUp is where the server says that it has delivered a request
	// the most times and gives it up; the producer hears it. It is a wake-up: the
	// stream says what is there.
	SubjectRequestsGivenUp = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES." + StreamConversions + ".>"
	// SubjectWorkers is where people and ops ask who lives; each worker answers with its
	// [WorkerState]. What is stored of workers is not brought up to date while NATS has no
	// room.
	SubjectWorkers = "conversions.workers"
	// SubjectOps is the prefix of the micro service's endpoints.
	SubjectOps = "conversions.ops"
)

// ScheduleSubject holds the JetStream schedule of a report.
func ScheduleSubject(report string) string { return "conversions.schedule." + report }

// TriggerSubject is where the schedule of a report fires.
func TriggerSubject(report string) string { return "conversions.trigger." + report }

// LaneSubjects matches every request of a lane.
func LaneSubjects(lane Lane) string { return "conversions.request." + string(lane) + ".>" }

// RequestSubject is where a conversion waits in a lane. At most one request per
// conversion and lane is in the stream.
func RequestSubject(lane Lane, c Conversion) string {
	return "conversions.request." + string(lane) + "." + c.tokens()
}

// RunRequestSubjects matches the requests of a run in one lane.
func RunRequestSubjects(lane Lane, run RunID) string {
	return "conversions.request." + string(lane) + "." + run.String() + ".>"
}

// RunQueueSubjects matches the requests of a run in every lane, also those that this
// build does not know.
func RunQueueSubjects(run RunID) string { return "conversions.request.*." + run.String() + ".>" }

// RenderedSubject is where the event of a rendered workbook goes. Only workbooks
// routed [RouteShadow] are compared; everything else is published.
func RenderedSubject(route Route, c Conversion) string {
	if route == RouteShadow {
		return "conversions.rendered.compare." + c.tokens()
	}
	return "conversions.rendered.publish." + c.tokens()
}

// RunRenderedSubjects returns the two patterns that match a run's rendered events.
func RunRenderedSubjects(run RunID) []string {
	return []string{"conversions.rendered.publish." + run.String() + ".>", RunCompareSubjects(run)}
}

// RunCompareSubjects matches a run's rendered events that are to be compared.
func RunCompareSubjects(run RunID) string {
	return "conversions.rendered.compare." + run.String() + ".>"
}

// DoneSubject holds the done record of a conversion.
func DoneSubject(c Conversion) string { return "conversions.done." + c.tokens() }

// RunDoneSubjects matches the done records of a run.
func RunDoneSubjects(run RunID) string { return "conversions.done." + run.String() + ".>" }

// FailedSubject holds the newest failure of a conversion.
func FailedSubject(c Conversion) string { return "conversions.failed." + c.tokens() }

// StrayFailedSubject holds the newest failure of what was published on a subject that names
// no conversion, apart from those of all conversions.
func StrayFailedSubject(subject string) string { return "conversions.failed.unknown." + Token(subject) }

// RunFailedSubjects matches the failures of a run.
func RunFailedSubjects(run RunID) string { return "conversions.failed." + run.String() + ".>" }

func (c Conversion) tokens() string {
	return c.Run.String() + "." + Token(c.Tenant) + "." + Token(c.Target)
}

// ErrSubject is returned by [ParseSubject] for a subject that is not one of ours.
var ErrSubject = errors.New("not a conversion's subject")

// Address is a conversion as its subjects name it: with tokens instead of ids.
type Address struct {
	Run    RunID
	Tenant string
	Target string
}

// Key returns RUN.TENANT.TARGET, equal for all subjects of one conversion.
func (a Address) Key() string { return a.Run.String() + "." + a.Tenant + "." + a.Target }

// Address returns how the subjects of c name it.
func (c Conversion) Address() Address {
	return Address{Run: c.Run, Tenant: Token(c.Tenant), Target: Token(c.Target)}
}

// DoneSubject holds the done record of the conversion.
func (a Address) DoneSubject() string { return "conversions.done." + a.Key() }

// FailedSubject holds the newest failure of the conversion.
func (a Address) FailedSubject() string { return "conversions.failed." + a.Key() }

// SubjectKey returns the part of a request, rendered, done or failed subject that
// names the conversion, equal to [Address.Key]; "" for any other subject. It
// allocates nothing.
func SubjectKey(subject string) string {
	rest, ok := strings.CutPrefix(subject, "conversions.")
	if !ok {
		return ""
	}
	kind, rest, ok := strings.Cut(rest, ".")
	if !ok {
		return ""
	}
	switch kind {
	case "request", "rendered":
		if _, rest, ok = strings.Cut(rest, "."); !ok {
			return ""
		}
	case "done", "failed":
	default:
		return ""
	}
	if strings.Count(rest, ".") != 2 {
		return ""
	}
	return rest
}

// ParseSubject reads the conversion out of a request, rendered, done or failed
// subject. The error wraps [ErrSubject].
func ParseSubject(subject string) (Address, error) {
	parts := strings.Split(SubjectKey(subject), ".")
	if len(parts) != 3 || parts[1] == "" || parts[2] == "" {
		return Address{}, fmt.Errorf("%w: %q", ErrSubject, subject)
	}
	run, err := ParseRunID(parts[0])
	if err != nil {
		return Address{}, fmt.Errorf("%w: %q: %w", ErrSubject, subject, err)
	}
	return Address{Run: run, Tenant: parts[1], Target: parts[2]}, nil
}

// FlagsKey is the one key of the bucket [BucketFlags]: one revision is one atomic
// change of the whole flag document.
const FlagsKey = "cutover"

// ReturnKey is the key in the bucket [BucketFlags] that says that a group was taken back
// to the previous system in a period: that happens once. ops writes and reads it; it is
// never deleted.
func ReturnKey(group, period string) string { return "returned." + Token(group) + "." + Token(period) }

// RunKey is the key of a run in the bucket [BucketRuns].
func RunKey(run RunID) string { return run.String() }

// ReportKey is the key of a report in the bucket [BucketReports].
func ReportKey(report string) string { return report }

// ProgressKey is the key of a conversion in the bucket [BucketProgress].
func ProgressKey(stage Stage, c Conversion) string { return string(stage) + "." + c.tokens() }

// PublisherKey is the key in the bucket [BucketProgress] under which one producer
// at a time says that it publishes a run.
func PublisherKey(run RunID) string { return "publisher." + run.String() }

// WorkerKey is the key in the bucket [BucketProgress] of a worker's [WorkerState];
// worker is its name. WorkerKeys matches those of all workers.
func WorkerKey(stage Stage, worker string) string {
	return "worker." + string(stage) + "." + Token(worker)
}

// WorkerKeys matches the keys of all workers' states.
const WorkerKeys = "worker.>"

// NoticeKey is the key of a notice in the bucket [BucketNotices]: what kind of thing it
// is about, and which one. Unlike tokens, parts of letters, digits, _ and - stay as they
// are whatever their length: a run's id may be longer than a token.
func NoticeKey(kind string, about ...string) string {
	tokens := []string{"notice", kind}
	for _, part := range about {
		if part == "" || strings.IndexFunc(part, func(r rune) bool { return r > 0x7f || !plainByte(byte(r)) }) >= 0 {
			part = Token(part)
		}
		tokens = append(tokens, part)
	}
	return strings.Join(tokens, ".")
}

// ChannelKey is the key in the bucket [BucketNotices] of what is known of a channel
// that notices are sent through.
func ChannelKey(channel string) string { return "channel." + Token(channel) }

// PlanObject is the name of a plan in the store [StorePlans]. The nonce makes each
// attempt at planning write a name of its own: a store that is full destroys what
// it overwrites.
func PlanObject(run RunID, nonce string) string { return "plan/" + run.String() + "/" + nonce }

// WorkbookObject is the name of a workbook in the store [StoreWorkbooks]; nonce is
// new for every attempt.
func WorkbookObject(c Conversion, nonce string) string { return c.tokens() + "." + nonce }

// RecordPrefix is the prefix on S3 that no workbook may lie under.
const RecordPrefix = "_jetsheet/"

// RecordKey is the key on S3 of a run's frozen record.
func RecordKey(run RunID) string { return RecordPrefix + "runs/" + run.String() }
