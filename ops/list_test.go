package ops

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// TestLongListsComeInPages lists more than a message holds: each page fits, and together
// they have every failure once, newest first, also where one fails anew meanwhile.
func TestLongListsComeInPages(t *testing.T) {
	t.Parallel()
	r := setup(t)
	client := r.serve(now)
	id := runOf("orders", 0)
	const n = 400
	r.store(id, jetsheet.Scope{})
	message := strings.Repeat(`"<&>" `, 1000) // is cut to 4 KiB, and more as JSON
	fail := func(i int) {
		one := target("t", fmt.Sprintf("%03d", i))
		f := jetsheet.Failure{Stage: jetsheet.StageRenderer, Cause: jetsheet.CauseWorkbook, Message: message, At: tick, Request: r.request(id, &one)}
		r.publish(f.Msg(jetsheet.FailedSubject(conversion(id, &one))))
	}
	var newestFirst []string
	for i := range n {
		fail(i)
		newestFirst = append(newestFirst, fmt.Sprintf("%03d", n-1-i))
	}
	m, err := r.conn.Request(jetsheet.SubjectOps+"."+EndpointList, []byte(`{"of":"failures","limit":1000}`), 10*time.Second)
	r.check(err)
	var page FailuresAnswer
	r.check(json.Unmarshal(m.Data, &page))
	if listed := len(page.Failures); page.Matched != n || listed < 100 || listed >= n || page.Before == 0 {
		t.Errorf("the first page has %d of %d in %d bytes, before is %d, want what fits of %d", listed, page.Matched, len(m.Data), page.Before, n)
	}
	if bytes.Contains(m.Data, []byte(`\u003c`)) {
		t.Errorf("got %.600s, want < as it is", m.Data)
	}
	for _, limit := range []int{0, 1, 350, n, n + 1} {
		want := newestFirst
		if limit > 0 {
			want = want[:min(limit, n)]
		}
		var got []string
		listing, err := client.Failures(t.Context(), FailureFilter{Run: "orders"}, limit, func(f *FailureInfo) error {
			got = append(got, f.Target)
			return nil
		})
		r.check(err)
		if !slices.Equal(got, want) || listing.Matched != n {
			t.Errorf("limit %d: got %d of %d: %q, want %q", limit, len(got), listing.Matched, got, want)
		}
	}
	var got []string
	_, err = client.Failures(t.Context(), FailureFilter{Run: "orders"}, 0, func(f *FailureInfo) error {
		if len(got) == 0 {
			fail(0) // comes to lie before all pages
		}
		got = append(got, f.Target)
		return nil
	})
	r.check(err)
	if want := newestFirst[:n-1]; !slices.Equal(got, want) {
		t.Errorf("got %d: %q, want %q", len(got), got, want)
	}
}

// vanishing is FAILED where some failures have gone since they were listed.
type vanishing struct {
	jetstream.Stream
	gone map[string]bool
}

func (v *vanishing) GetLastMsgForSubject(ctx context.Context, subject string) (*jetstream.RawStreamMsg, error) {
	if v.gone[subject] {
		return nil, jetstream.ErrMsgNotFound
	}
	return v.Stream.GetLastMsgForSubject(ctx, subject)
}

// TestPagesGoOnBehindWhatHasGone: failures that go while they are listed end no list,
// however many of them lie together, and take nobody's place on a page.
func TestPagesGoOnBehindWhatHasGone(t *testing.T) {
	t.Parallel()
	r := setup(t)
	id := runOf("orders", 0)
	r.store(id, jetsheet.Scope{})
	failed := &vanishing{Stream: r.reader.failed, gone: map[string]bool{}}
	r.reader.failed = failed
	const n = 10
	var want []string
	for i := n - 1; i >= 0; i-- {
		if one := target("t", strconv.Itoa(i)); i < 2 || i > 4 && i < 8 {
			want = append(want, one.Target)
		} else {
			failed.gone[jetsheet.FailedSubject(conversion(id, &one))] = true
		}
	}
	for i := range n {
		one := target("t", strconv.Itoa(i))
		r.fail(id, &one, jetsheet.CauseWorkbook, time.Time{})
	}
	service := &Service{cfg: Config{JetStream: r.js}, reader: r.reader}
	for limit := 1; limit <= n; limit++ {
		req := &FailuresRequest{FailureFilter: FailureFilter{Run: id.String()}, Limit: limit}
		var got []string
		for {
			page, err := service.listFailures(t.Context(), req)
			r.check(err)
			if page.Before > 0 && len(page.Failures) != limit {
				t.Errorf("limit %d: a page of %d with more behind it", limit, len(page.Failures))
			}
			for _, f := range page.Failures {
				got = append(got, f.Target)
			}
			if page.Before == 0 {
				break
			}
			req.Before = page.Before
		}
		if !slices.Equal(got, want) {
			t.Errorf("limit %d: got %q, want %q", limit, got, want)
		}
	}
}

// TestWhateverFailedIsShown: an answer holds a failure whose message is no request, however
// long it is and whatever is in it.
func TestWhateverFailedIsShown(t *testing.T) {
	t.Parallel()
	r := setup(t)
	client := r.serve(now)
	id := runOf("orders", 0)
	for name, test := range map[string]struct {
		body []byte
		want string // how the request is shown
	}{
		"request":  {[]byte(`{"a": "<b>"}`), `{"a":"<b>"}`},
		"text":     {[]byte("not a <request>"), `"not a <request>"`},
		"nothing":  {nil, `""`},
		"binary":   {bytes.Repeat([]byte{0}, 900<<10), `"` + strings.Repeat(`\u0000`, jetsheet.MaxRequestBytes) + `"`},
		"too long": {[]byte(`"` + strings.Repeat("x", 900<<10) + `"`), `"\"` + strings.Repeat("x", jetsheet.MaxRequestBytes-1) + `"`},
	} {
		one := target("t", name)
		f := jetsheet.Failure{
			Stage: jetsheet.StageRenderer, Cause: jetsheet.CauseBadMessage, Message: strings.Repeat("\x7f\"\x00", 4<<10), At: tick, Request: test.body,
		}
		r.publish(f.Msg(jetsheet.FailedSubject(conversion(id, &one))))
		detail, err := client.Failure(t.Context(), conversion(id, &one).String())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := string(detail.Request); got != test.want || detail.RequestBytes != len(test.body) {
			t.Errorf("%s: got %d bytes shown as %d: %.80s, want %d shown as %d: %.80s", name, detail.RequestBytes, len(got), got, len(test.body), len(test.want), test.want)
		}
	}
}
