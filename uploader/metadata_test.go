package uploader

import (
	"mime"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// hostile are ids and file names that break headers, keys or subjects when they
// are taken as they are.
var hostile = []string{
	"a b", `"; filename="evil.exe`, "a\r\nX-Evil: 1", "\x00\x01", "../../etc/passwd", "冷蔵庫", "🥶🧾", "*.>", "%2e%2e", "\xff\xfe",
	strings.Repeat("長", 200), `back\slash`, "tab\there", "; drop", "'quote'", "a/b/c", " lead and trail ", "=?utf-8?q?x?=", "",
}

// TestHostileNames publishes workbooks with hostile ids and file names.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	r := setup(t)
	u := r.uploader()
	for i, name := range hostile {
		request := r.request(1, name)
		request.Tenant, request.Filename = name, name+".xlsx"
		request.Key = "k/" + jetsheet.Token(name) + "/" + strconv.Itoa(i) + ".xlsx"
		e := r.event(request, noise(50+i))
		e.Version, e.Snapshot.ID = name, name
		out, err := u.publish(t.Context(), &delivery.Job{}, e)
		if err != nil {
			t.Errorf("publish %q: %v", name, err)
			continue
		}
		_, head := r.object(request.Key)
		there, err := parseMetadata(head.Metadata)
		if err != nil || there.conversion != request.Conversion().String() || there.run != request.Run || there.sha256 != e.SHA256 {
			t.Errorf("metadata of %q: got %+v, %v", name, there, err)
		}
		there.sizeBytes = e.SizeBytes
		if !reflect.DeepEqual(out.there, there) {
			t.Errorf("outcome of %q:\n got %+v\nwant what the object says, %+v", name, out.there, there)
		}
		checkDisposition(t, name+".xlsx", request.Key, aws.ToString(head.ContentDisposition))
	}
}

// checkDisposition reads a Content-Disposition back.
func checkDisposition(t *testing.T, filename, key, got string) {
	t.Helper()
	for i := range len(got) {
		if got[i] < ' ' || got[i] > '~' {
			t.Errorf("disposition of %q has byte %#x: %q", filename, got[i], got)
			return
		}
	}
	kind, params, err := mime.ParseMediaType(got)
	if err != nil || kind != "attachment" || len(params) != 1 {
		t.Errorf("disposition of %q: got %q, read as %q %v, %v", filename, got, kind, params, err)
		return
	}
	want := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, shorten(strings.ToValidUTF8(filename, "_")))
	if params["filename"] != want {
		t.Errorf("disposition of %q (key %q): got %q, read as %q, want %q", filename, key, got, params["filename"], want)
	}
}

func TestDisposition(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ filename, key, want string }{
		{"a.xlsx", "k", `attachment; filename="a.xlsx"; filename*=UTF-8''a.xlsx`},
		{"", "t1/2026-10/a.xlsx", `attachment; filename="a.xlsx"; filename*=UTF-8''a.xlsx`},
		{`a"b.xlsx`, "k", `attachment; filename="a_b.xlsx"; filename*=UTF-8''a%22b.xlsx`},
		{"é 1.xlsx", "k", `attachment; filename="_ 1.xlsx"; filename*=UTF-8''%C3%A9%201.xlsx`},
		{"a\r\nb.xlsx", "k", `attachment; filename="a_b.xlsx"; filename*=UTF-8''ab.xlsx`},
	} {
		if got := disposition(c.filename, c.key); got != c.want {
			t.Errorf("disposition(%q, %q):\n got %s\nwant %s", c.filename, c.key, got, c.want)
		}
	}
	long := disposition(strings.Repeat("長", 200)+".xlsx", "k")
	if !strings.HasSuffix(long, ".xlsx") || len(long) > 1024 {
		t.Errorf("disposition of a long name has %d bytes: %s", len(long), long)
	}
}

func FuzzDisposition(f *testing.F) {
	for _, name := range hostile {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if strings.TrimSpace(name) != name || name == "" || !utf8.ValidString(name) {
			t.Skip("the reader of Go's mime package trims")
		}
		checkDisposition(t, name, "k", disposition(name, "k"))
	})
}

func TestMetadataFits(t *testing.T) {
	t.Parallel()
	e := &event{Request: jetsheet.Request{
		Run:    jetsheet.RunID{Report: strings.Repeat("r", 40), Rerun: 1_790_000_000_000},
		Target: jetsheet.Target{Tenant: strings.Repeat("テ", 85), Target: strings.Repeat("サ", 85)},
	}}
	e.DefinitionSHA256 = strings.Repeat("d", 64)
	e.SHA256, e.Version, e.Rows, e.Sheets = strings.Repeat("a", 64), strings.Repeat("v", 500), 1<<40, 1000
	for _, running := range []int{0, 10, 5000} {
		e.Snapshot.ID = "1000000:1000999:" + strings.Repeat("1000500,", running)
		size := 0
		for name, value := range metadataOf(e) {
			size += len(name) + len(value)
		}
		if size > 2048 {
			t.Errorf("metadata with %d running transactions has %d bytes, want at most 2048", running, size)
		}
	}
	if got, want := metadataOf(e)[MetaSnapshot], "1000000:1000999"; got != want {
		t.Errorf("snapshot of 40,000 bytes: got %.40q, want %q", got, want)
	}
}
