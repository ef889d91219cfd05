package report

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

func TestMinReaderIsTheYoungestKeys(t *testing.T) {
	t.Parallel()
	young := map[string]int{"locale": 2, "schedule.catchUp": 3, "workbook.sheets[].columns[].format": 5, "description": 7}
	for name, test := range map[string]struct {
		text string
		want int
	}{
		"none":            {"period: month\n", 1},
		"at the top":      {"locale: ja\n", 2},
		"in a section":    {"locale: ja\nschedule: {cron: '0 5 1 * *', catchUp: all}\n", 3},
		"in lists":        {"workbook: {sheets: [{rows: q}, {name: a, columns: [{name: a}, {name: b, format: '0'}]}]}\n", 5},
		"without a value": {"description:\n", 1},
		"of another path": {"format: '0'\ncatchUp: all\n", 1},
	} {
		r := &reader{since: young}
		r.definition(r.document([]byte(test.text)))
		if got := max(1, r.minReader); got != test.want {
			t.Errorf("%s: MinReader is %d, want %d for\n%s", name, got, test.want, test.text)
		}
	}
	r := &reader{since: young}
	d, err := r.parse([]byte(sample(t)))
	if err != nil || d.MinReader != 7 {
		t.Errorf("parse of the sample, which has a description: %v, %v, want MinReader 7", d, err)
	}
}

// Every format that builds of version 1 do not know asks for a newer one: they would fail
// the workbook instead of leaving it to that.
func TestMinReaderOfFormats(t *testing.T) {
	t.Parallel()
	first := strings.Fields("general text integer number decimal:N percent percent:N date datetime time duration boolean boolean:YES/NO excel:CODE")
	for _, format := range append(xlsx.FormatNames(), "imageKey", "imageKey:40x30", "") {
		want := 2
		if format == "" || slices.Contains(first, format) {
			want = 1
		}
		text := "workbook: {sheets: [{rows: q, columns: [{name: a, format: '" + format + "'}]}]}\n"
		if got := MinReader(text); got != want {
			t.Errorf("format %q: MinReader is %d, want %d", format, got, want)
		}
	}
}

func TestMinReaderOfAnyText(t *testing.T) {
	t.Parallel()
	if d := mustParse(t, sample(t)); d.MinReader != 1 || MinReader(d.Source) != 1 {
		t.Errorf("MinReader of the sample is %d and %d, want 1", d.MinReader, MinReader(d.Source))
	}
	for _, text := range []string{"", "\x00", "a: [", "report: 1\nnonsense: 2\n", "[]", "report: r\n---\nreport: s\n"} {
		if got := MinReader(text); got != 1 {
			t.Errorf("MinReader(%q) = %d, want 1", text, got)
		}
	}
}

// Every key of the language is as old as testdata/keys-1.txt, which stays as it is, or
// listed with its version. Without that an older build would fail on it.
func TestEveryYoungerKeyHasItsVersion(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/keys-1.txt")
	if err != nil {
		t.Fatal(err)
	}
	first := strings.Fields(string(data))
	known, reading := keysOfTheLanguage(t), &reader{since: since()}
	for _, key := range known {
		if old, version := slices.Contains(first, key), reading.version(key); old == (version > 1) {
			t.Errorf("key %s: in keys-1.txt %t, version %d; a key that is not of version 1 is listed in since, with the SchemaVersion it came with", key, old, version)
		}
	}
	for key, version := range since() {
		if !slices.Contains(known, key) || version > jetsheet.SchemaVersion {
			t.Errorf("since lists %s with version %d, want a key of the language and at most SchemaVersion %d", key, version, jetsheet.SchemaVersion)
		}
	}
}

// keysOfTheLanguage asks each section what it knows: what is said of a key that is like
// no other names all of them. The section queries has names of the user's own.
func keysOfTheLanguage(t *testing.T) []string {
	t.Helper()
	const odd = "zzzzzzzzzzzzzzzzzzzzzzzzzzzz"
	in := "{" + odd + ": 1}"
	sheet := "{" + odd + ": 1, header: " + in + ", columns: [" + in + "], rules: [" + in + "], protect: " + in +
		", page: {" + odd + ": 1, margins: " + in + ", header: " + in + ", footer: " + in + "}}"
	r := &reader{}
	r.definition(r.document([]byte(odd + ": 1\nschedule: {" + odd + ": 1}\noutput: {" + odd + ": 1, waive: [{" + odd + ": 1}]}\nlanes: {" + odd +
		": 1}\nlimits: {" + odd + ": 1}\nworkbook: {" + odd + ": 1, properties: " + in + ", sheets: [" + sheet + "]}\n")))
	keys := map[string]bool{}
	for _, p := range r.problems {
		section, ours := strings.CutSuffix(keyPath(p.Path), odd)
		_, list, listed := strings.Cut(p.Message, "; known: ")
		if !ours || !listed {
			continue
		}
		for key := range strings.SplitSeq(list, ", ") {
			keys[section+key] = true
		}
	}
	return slices.Sorted(maps.Keys(keys))
}
