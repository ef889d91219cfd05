package jetsheet_test

import (
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet"
)

func TestNoticeKey(t *testing.T) {
	t.Parallel()
	longest := "20261031T200000Z-" + strings.Repeat("r", 40) + "-1790000000000"
	for _, c := range []struct {
		about []string
		want  string
	}{
		{[]string{longest, "panic"}, "notice.failures." + longest + ".panic"},
		{[]string{"a.b"}, "notice.failures.a=2Eb"},
		{[]string{""}, "notice.failures." + jetsheet.Token("")},
		{[]string{"記"}, "notice.failures." + jetsheet.Token("記")},
		{[]string{"a", "*"}, "notice.failures.a.=2A"},
	} {
		if got := jetsheet.NoticeKey("failures", c.about...); got != c.want {
			t.Errorf("NoticeKey(failures, %q) = %q, want %q", c.about, got, c.want)
		}
	}
	if got, want := jetsheet.ChannelKey("a b"), "channel.a=20b"; got != want {
		t.Errorf("ChannelKey: got %q, want %q", got, want)
	}
}
