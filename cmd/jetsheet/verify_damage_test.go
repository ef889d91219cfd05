package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/ops/verify"
	"github.com/jetsheet/jetsheet/uploader"
)

// damage is one thing that went wrong with a run.
type damage struct {
	name string
	kind verify.Kind
	// shallow says that it must be found without the database too.
	shallow bool
	// do does it. It returns errNoEdit where the workbook has nothing of the sort.
	do func(r *verifyRig, random *rand.Rand, key string) error
	// undo undoes what restore does not.
	undo func(r *verifyRig)
}

// TestVerifyFindsEveryDamage damages a sound run in more than 200 ways, one at a time:
// each must be reported, as what it is.
func TestVerifyFindsEveryDamage(t *testing.T) {
	t.Parallel()
	r := newVerifyRig(t, localtest.Database(t, local.SQLTemplate(readTestdata(t, "verify", "schema.sql"))))
	r.keep(r.make(verifyTick, readTestdata(t, "verify", "report.yaml"))[0])
	keys := slices.Sorted(maps.Keys(r.objects))
	done, byKind := 0, map[verify.Kind]int{}
	for i, d := range damages() {
		random := rand.New(rand.NewPCG(20261122, uint64(i)))
		first := random.IntN(len(keys))
		err := errNoEdit
		var key string
		for n := 0; errors.Is(err, errNoEdit) && n < 4*len(keys); n++ {
			key = keys[(first+n)%len(keys)]
			err = d.do(r, random, key)
		}
		if err != nil {
			t.Errorf("damage %d, %s: %v", i, d.name, err)
			r.restore()
			continue
		}
		found := r.verify(r.run, "", true)
		if found.Kinds[d.kind] == 0 {
			t.Errorf("damage %d, %s of %s: found %v, want %s\n%s", i, d.name, key, found.Kinds, d.kind, problemsText(found))
		}
		if shallow := r.verify(r.run, "", false); d.shallow && shallow.Kinds[d.kind] == 0 {
			t.Errorf("damage %d, %s of %s without the database: found %v, want %s", i, d.name, key, shallow.Kinds, d.kind)
		}
		r.restore()
		if d.undo != nil {
			d.undo(r)
		}
		done++
		byKind[d.kind]++
	}
	if found := r.verify(r.run, "", true); !found.Sound() {
		t.Errorf("%d problems after everything was undone:\n%s", found.ProblemCount, problemsText(found))
	}
	if done < 200 {
		t.Errorf("%d damages were tried, want at least 200", done)
	}
	for _, kind := range verify.Kinds() {
		if byKind[kind] == 0 {
			t.Errorf("no damage of the kind %s was tried", kind)
		}
	}
	t.Logf("%d damages: %v", done, byKind)
}

func damages() []damage {
	return slices.Concat(byteDamages(), objectDamages(), metadataDamages(), forgedCells(), forgedRows(), forgedSheets(), outcomeDamages(), recordDamages())
}

// repeat lists a damage several times; each time chance picks another place.
func repeat(n int, d damage) []damage { return slices.Repeat([]damage{d}, n) }

// bytesOf damages the bytes of an object alone.
func bytesOf(change func(body []byte, random *rand.Rand) []byte) func(*verifyRig, *rand.Rand, string) error {
	return func(r *verifyRig, random *rand.Rand, key string) error {
		o := r.objects[key].clone()
		o.body = change(o.body, random)
		r.put(key, o)
		return nil
	}
}

func byteDamages() []damage {
	return slices.Concat(
		repeat(50, damage{"a flipped bit", verify.KindObjectDamaged, true, bytesOf(func(body []byte, random *rand.Rand) []byte {
			body[random.IntN(len(body))] ^= 1 << random.IntN(8)
			return body
		}), nil}),
		repeat(8, damage{"a truncated object", verify.KindWorkbookMalformed, true, bytesOf(func(body []byte, random *rand.Rand) []byte {
			return body[:random.IntN(len(body))]
		}), nil}),
		repeat(2, damage{"garbage behind the archive", verify.KindObjectDamaged, true, bytesOf(func(body []byte, _ *rand.Rand) []byte {
			return append(body, "garbage"...)
		}), nil}),
		repeat(2, damage{"garbage in place of the archive", verify.KindWorkbookMalformed, true, bytesOf(func(body []byte, _ *rand.Rand) []byte {
			return bytes.Repeat([]byte("x"), len(body))
		}), nil}),
	)
}

// otherKey is the key of another workbook.
func otherKey(r *verifyRig, key string, random *rand.Rand) string {
	others := slices.DeleteFunc(slices.Sorted(maps.Keys(r.objects)), func(k string) bool { return k == key })
	return others[random.IntN(len(others))]
}

func objectDamages() []damage {
	exchange := func(whole bool) func(*verifyRig, *rand.Rand, string) error {
		return func(r *verifyRig, random *rand.Rand, key string) error {
			other := otherKey(r, key, random)
			a, b := r.objects[key].clone(), r.objects[other].clone()
			if a.body, b.body = b.body, a.body; whole {
				a.meta, b.meta = b.meta, a.meta
			}
			r.put(key, a)
			r.put(other, b)
			return nil
		}
	}
	extra := func(name func(key string) string) func(*verifyRig, *rand.Rand, string) error {
		return func(r *verifyRig, _ *rand.Rand, key string) error {
			r.put(name(key), r.objects[key])
			return nil
		}
	}
	// of puts an object of a conversion that has none.
	of := func(tenant, target, key string) func(*verifyRig, *rand.Rand, string) error {
		return func(r *verifyRig, _ *rand.Rand, from string) error {
			o := r.objects[from].clone()
			o.meta[uploader.MetaConversion] = jetsheet.Conversion{Run: r.id, Tenant: tenant, Target: target}.String()
			r.put(key, o)
			return nil
		}
	}
	return slices.Concat(
		repeat(4, damage{"two objects exchanged", verify.KindObjectForeign, true, exchange(true), nil}),
		repeat(3, damage{"two objects' bytes exchanged", verify.KindObjectDamaged, true, exchange(false), nil}),
		repeat(4, damage{"a deleted object", verify.KindObjectMissing, true, func(r *verifyRig, _ *rand.Rand, key string) error {
			r.remove(key)
			return nil
		}, nil}),
		repeat(2, damage{"a second object beside it", verify.KindObjectUnexpected, true, extra(func(key string) string { return key + ".copy.xlsx" }), nil}),
		repeat(2, damage{"a second object elsewhere", verify.KindObjectUnexpected, true, extra(func(key string) string { return "elsewhere/" + key }), nil}),
		[]damage{
			{"an object of a skipped one", verify.KindObjectUnexpected, true, of("a", "empty", "a/2026-10/empty.xlsx"), nil},
			{"an object of a failed one", verify.KindObjectUnexpected, true, of("b c", "broken", "b=20c/2026-10/broken.xlsx"), nil},
			{"an object of one that is not planned", verify.KindObjectUnexpected, true, of("a", "nine", "a/2026-10/nine.xlsx"), nil},
			{"an unfinished upload", verify.KindUploadUnfinished, true, func(r *verifyRig, _ *rand.Rand, key string) error {
				_, err := r.parts.s3.CreateMultipartUpload(r.t.Context(), &s3.CreateMultipartUploadInput{Bucket: &r.parts.bucket, Key: &key})
				return err
			}, abortUploads},
		},
	)
}

func abortUploads(r *verifyRig) {
	listed, err := r.parts.s3.ListMultipartUploads(r.t.Context(), &s3.ListMultipartUploadsInput{Bucket: &r.parts.bucket})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, upload := range listed.Uploads {
		_, err := r.parts.s3.AbortMultipartUpload(r.t.Context(), &s3.AbortMultipartUploadInput{
			Bucket: &r.parts.bucket, Key: upload.Key, UploadId: upload.UploadId,
		})
		if err != nil {
			r.t.Fatal(err)
		}
	}
}

func metadataDamages() []damage {
	set := func(name string, change func(old string) string) func(*verifyRig, *rand.Rand, string) error {
		return func(r *verifyRig, _ *rand.Rand, key string) error {
			o := r.objects[key].clone()
			if o.meta[name] = change(o.meta[name]); o.meta[name] == "" {
				delete(o.meta, name)
			}
			r.put(key, o)
			return nil
		}
	}
	var all []damage
	none := func(string) string { return "" }
	more := func(old string) string { return old + "1" }
	newer := func(old string) string { return strings.Replace(old, "-0", "-1793534400000", 1) }
	for _, name := range []string{
		uploader.MetaRun, uploader.MetaReport, uploader.MetaSHA256, uploader.MetaRows, uploader.MetaSnapshot, uploader.MetaSnapshotTime, uploader.MetaVersion, uploader.MetaDefinition,
	} {
		all = append(all, damage{"metadata without " + name, verify.KindMetadataDiffers, true, set(name, none), nil})
		all = append(all, damage{"metadata with another " + name, verify.KindMetadataDiffers, true, set(name, more), nil})
	}
	header := func(change func(o *storedObject)) func(*verifyRig, *rand.Rand, string) error {
		return func(r *verifyRig, _ *rand.Rand, key string) error {
			o := r.objects[key].clone()
			change(&o)
			r.put(key, o)
			return nil
		}
	}
	return append(all,
		damage{"metadata without sheets", verify.KindMetadataDiffers, true, set(uploader.MetaSheets, none), nil},
		damage{"metadata with another number of sheets", verify.KindRowsDiffer, true, set(uploader.MetaSheets, more), nil},
		damage{"metadata without conversion", verify.KindObjectForeign, true, set(uploader.MetaConversion, none), nil},
		damage{"metadata with another conversion", verify.KindObjectForeign, true, set(uploader.MetaConversion, more), nil},
		damage{"metadata of a newer run that is not there", verify.KindObjectForeign, true, func(r *verifyRig, _ *rand.Rand, key string) error {
			o := r.objects[key].clone()
			o.meta[uploader.MetaRun], o.meta[uploader.MetaConversion] = newer(o.meta[uploader.MetaRun]), newer(o.meta[uploader.MetaConversion])
			r.put(key, o)
			return nil
		}, nil},
		damage{"no metadata", verify.KindObjectForeign, true, header(func(o *storedObject) { o.meta = nil }), nil},
		damage{"another file name", verify.KindHeaderDiffers, true, header(func(o *storedObject) {
			o.disposition = `attachment; filename="x.xlsx"; filename*=UTF-8''x.xlsx`
		}), nil},
		damage{"no attachment", verify.KindHeaderDiffers, true, header(func(o *storedObject) {
			o.disposition = strings.Replace(o.disposition, "attachment", "inline", 1)
		}), nil},
		damage{"one letter less in the file name", verify.KindHeaderDiffers, true, header(func(o *storedObject) {
			o.disposition = strings.Replace(o.disposition, "%E5%A0%B1", "", 1)
		}), nil},
		damage{"no disposition", verify.KindHeaderDiffers, true, header(func(o *storedObject) { o.disposition = "" }), nil},
		damage{"another content type", verify.KindHeaderDiffers, true, header(func(o *storedObject) { o.kind = "application/octet-stream" }), nil},
	)
}

// forged writes a changed workbook so that everything recorded of it agrees.
func forged(rows int64, edit func(random *rand.Rand) bookEdit) func(*verifyRig, *rand.Rand, string) error {
	return func(r *verifyRig, random *rand.Rand, key string) error {
		body, err := editBook(r.objects[key].body, edit(random))
		if err != nil {
			return err
		}
		r.forge(key, body, rows)
		return nil
	}
}

func isNumber(c xmlCell) bool { return c.kind == "" || c.kind == "n" }

// isWhole picks small whole numbers: a double has room for what is added to them.
func isWhole(c xmlCell) bool {
	return isNumber(c) && !strings.Contains(c.inner, ".") && len(c.inner) <= len("<v>1234567</v>")
}

func isText(c xmlCell) bool { return c.kind == "inlineStr" }

func forgedCells() []damage {
	one := func(which func(xmlCell) bool, change func(c *xmlCell)) func(*verifyRig, *rand.Rand, string) error {
		return forged(0, func(random *rand.Rand) bookEdit { return editCell(random.Int(), which, change) })
	}
	number := regexp.MustCompile(`<v>[^<]*</v>`)
	cell := func(n int, name string, do func(*verifyRig, *rand.Rand, string) error) []damage {
		return repeat(n, damage{name, verify.KindCellDiffers, false, do, nil})
	}
	return slices.Concat(
		cell(12, "two cells exchanged", forged(0, func(random *rand.Rand) bookEdit { return swapCells(random.Int(), random.Int()) })),
		cell(8, "another number", one(isNumber, func(c *xmlCell) { c.inner = number.ReplaceAllString(c.inner, "<v>123456.5</v>") })),
		cell(8, "another text", one(isText, func(c *xmlCell) { c.inner = "<is><t>changed</t></is>" })),
		cell(4, "one more letter", one(isText, func(c *xmlCell) { c.inner = strings.Replace(c.inner, "</t>", ".</t>", 1) })),
		cell(6, "a number as text", one(isNumber, func(c *xmlCell) {
			c.kind, c.inner = "inlineStr", "<is><t>"+strings.Trim(number.FindString(c.inner), "</v>")+"</t></is>"
		})),
		cell(4, "a text as number", one(isText, func(c *xmlCell) { c.kind, c.inner = "", "<v>5</v>" })),
		cell(4, "an emptied cell", one(func(xmlCell) bool { return true }, func(c *xmlCell) { c.kind, c.inner = "", "" })),
		cell(4, "a formula behind a number", one(isNumber, func(c *xmlCell) { c.inner = "<f>1+1</f>" + c.inner })),
		cell(4, "a number that looks the same", one(isWhole, func(c *xmlCell) { c.inner = strings.Replace(c.inner, "</v>", ".0000001</v>", 1) })),
		cell(8, "another cell's style", forged(0, func(random *rand.Rand) bookEdit { return restyleCell(random.Int()) })),
		cell(2, "text that may become a formula", one(isText, func(c *xmlCell) { c.inner = "<is><t>=1+2</t></is>" })),
		cell(3, "another number format", forged(0, func(random *rand.Rand) bookEdit {
			return replacePart("xl/styles.xml", `formatCode="[^"]*h[^"]*"`, random.Int(), `formatCode="yy.m.d"`)
		})),
		cell(2, "no mark of text", forged(0, func(*rand.Rand) bookEdit { return replacePart("xl/styles.xml", ` quotePrefix="1"`, 0, "") })),
		cell(2, "another picture", forged(0, func(*rand.Rand) bookEdit {
			return func(parts map[string]string) error {
				for name := range parts {
					if strings.HasPrefix(name, "xl/media/") {
						parts[name] += "more"
					}
				}
				return nil
			}
		})),
		cell(2, "a picture over another cell", forged(0, func(*rand.Rand) bookEdit {
			return replacePart("xl/drawings/drawing4.xml", `<xdr:row>2</xdr:row>`, 0, `<xdr:row>3</xdr:row>`)
		})),
		cell(2, "a picture less", forged(0, func(random *rand.Rand) bookEdit {
			return replacePart("xl/drawings/drawing4.xml", `(?s)<xdr:twoCellAnchor>.*?</xdr:twoCellAnchor>`, random.Int(), "")
		})),
		cell(2, "another title", forged(0, func(random *rand.Rand) bookEdit {
			return func(parts map[string]string) error {
				row := rowText.FindString(parts[sheetPart1])
				titles := regexp.MustCompile(`<t[^>]*>[^<]+</t>`).FindAllString(row, -1)
				title := titles[random.IntN(len(titles))]
				parts[sheetPart1] = strings.Replace(parts[sheetPart1], title, "<t>Other title</t>", 1)
				return nil
			}
		})),
		cell(3, "another tenant's workbook", func(r *verifyRig, random *rand.Rand, key string) error {
			other := otherKey(r, key, random)
			if strings.HasPrefix(other, key[:4]) {
				return errNoEdit
			}
			r.forge(key, r.objects[other].body, 0)
			return nil
		}),
	)
}

func forgedRows() []damage {
	rows := func(change func(rows []string) []string) func(*rand.Rand) bookEdit {
		return func(*rand.Rand) bookEdit { return editRows(change) }
	}
	dropLast := rows(func(rows []string) []string { return rows[:len(rows)-1] })
	dropFirst := rows(func(rows []string) []string { return slices.Delete(rows, 1, 2) })
	twice := rows(func(rows []string) []string { return append(rows, rows[len(rows)-1]) })
	turned := func(random *rand.Rand) bookEdit {
		return editRows(func(rows []string) []string {
			i := 1 + random.IntN(len(rows)-2)
			rows[i], rows[i+1] = rows[i+1], rows[i]
			return rows
		})
	}
	return slices.Concat(
		repeat(3, damage{"the last row dropped", verify.KindRowsDiffer, true, forged(0, dropLast), nil}),
		repeat(3, damage{"the last row dropped everywhere", verify.KindRowsDiffer, false, forged(-1, dropLast), nil}),
		repeat(3, damage{"the first row dropped", verify.KindRowsDiffer, true, forged(0, dropFirst), nil}),
		repeat(3, damage{"a row twice", verify.KindRowsDiffer, true, forged(0, twice), nil}),
		repeat(3, damage{"a row twice everywhere", verify.KindCellDiffers, false, forged(1, twice), nil}),
		repeat(5, damage{"two rows exchanged", verify.KindCellDiffers, false, forged(0, turned), nil}),
	)
}

func forgedSheets() []damage {
	part := func(part, pattern, replacement string) func(*verifyRig, *rand.Rand, string) error {
		return forged(0, func(*rand.Rand) bookEdit { return replacePart(part, pattern, 0, replacement) })
	}
	sheet := func(n int, name string, do func(*verifyRig, *rand.Rand, string) error) []damage {
		return repeat(n, damage{name, verify.KindSheetDiffers, false, do, nil})
	}
	return slices.Concat(
		sheet(2, "a sheet less", forged(0, func(*rand.Rand) bookEdit { return removeLastSheet })),
		sheet(3, "a renamed sheet", part("xl/workbook.xml", `(<sheet [^>]*?name=")[^"]*"`, `${1}Renamed"`)),
		sheet(2, "a hidden sheet", part("xl/workbook.xml", `<sheet `, `<sheet state="hidden" `)),
		sheet(2, "no filter", part(sheetPart1, `<autoFilter[^>]*/>|<autoFilter[^>]*>.*?</autoFilter>`, "")),
		sheet(2, "no frozen header", part(sheetPart1, `state="frozen"`, `state="split"`)),
		sheet(1, "merged cells", part(sheetPart1, `</sheetData>(<autoFilter[^>]*?(/>|></autoFilter>))?`, `$0<mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>`)),
		repeat(2, damage{"a sheet less, and the count", verify.KindRowsDiffer, true, forged(0, func(*rand.Rand) bookEdit { return removeLastSheet }), nil}),
	)
}

// outcomeDamages change what DONE says.
func outcomeDamages() []damage {
	record := func(change func(d *jetsheet.Done, r *verifyRig, other string)) func(*verifyRig, *rand.Rand, string) error {
		return func(r *verifyRig, random *rand.Rand, key string) error {
			subject, done := r.done(key)
			change(&done, r, otherKey(r, key, random))
			r.publish(subject, done)
			return nil
		}
	}
	differs := func(name string, change func(d *jetsheet.Done, r *verifyRig, other string)) damage {
		return damage{name, verify.KindOutcomeDiffers, true, record(change), nil}
	}
	type done = jetsheet.Done
	type rig = verifyRig
	return []damage{
		differs("another key", func(d *done, _ *rig, _ string) { d.Key += "x" }),
		differs("another file name", func(d *done, _ *rig, _ string) { d.Filename = "x.xlsx" }),
		differs("another period", func(d *done, _ *rig, _ string) { d.Period.Label = "2026-09" }),
		differs("another begin", func(d *done, _ *rig, _ string) { d.Period.From = d.Period.From.AddDate(0, 0, 1) }),
		differs("another tenant", func(d *done, _ *rig, _ string) { d.Tenant += "x" }),
		differs("another target", func(d *done, _ *rig, _ string) { d.Target += "x" }),
		differs("another run", func(d *done, _ *rig, _ string) { d.Run.Rerun++ }),
		differs("another report", func(d *done, _ *rig, _ string) { d.Report += "x" }),
		differs("an unknown state", func(d *done, _ *rig, _ string) { d.State = "lost" }),
		differs("skipped without a reason", func(d *done, _ *rig, _ string) { d.State = jetsheet.DoneSkipped }),
		{"another digest", verify.KindObjectDamaged, true, record(func(d *done, _ *rig, _ string) { d.SHA256 = strings.Repeat("0", 64) }), nil},
		{"another size", verify.KindObjectDamaged, true, record(func(d *done, _ *rig, _ string) { d.SizeBytes++ }), nil},
		{"another number of rows", verify.KindRowsDiffer, true, record(func(d *done, _ *rig, _ string) { d.Rows++ }), nil},
		{"another snapshot", verify.KindMetadataDiffers, true, record(func(d *done, _ *rig, _ string) { d.Snapshot.ID = "1:1:" }), nil},
		{"skipped and published", verify.KindObjectUnexpected, true, record(func(d *done, _ *rig, _ string) {
			*d = jetsheet.Done{Envelope: d.Envelope, Run: d.Run, Tenant: d.Tenant, Target: d.Target, Report: d.Report, Period: d.Period, State: jetsheet.DoneSkipped, Reason: jetsheet.ReasonNoRecords}
		}), nil},
		{"compared and published", verify.KindObjectUnexpected, true, record(func(d *done, _ *rig, _ string) { d.State = jetsheet.DoneCompared }), nil},
		{"superseded by nobody", verify.KindNotSuperseded, true, record(func(d *done, _ *rig, _ string) {
			newer := d.Run
			newer.Rerun = 1793534400000
			d.State, d.By = jetsheet.DoneSuperseded, newer.String()
		}), nil},
		{"superseded by an older one", verify.KindOutcomeDiffers, true, record(func(d *done, _ *rig, _ string) {
			d.State, d.By = jetsheet.DoneSuperseded, d.Run.String()
		}), nil},
		{"one key for two", verify.KindSharedKey, true, record(func(d *done, r *rig, other string) { d.Key = other }), nil},
		{"no JSON", verify.KindOutcomeDiffers, true, func(r *verifyRig, _ *rand.Rand, key string) error {
			subject, _ := r.done(key)
			r.publish(subject, []byte("{"))
			return nil
		}, nil},
		{"no outcome", verify.KindNoOutcome, true, func(r *verifyRig, _ *rand.Rand, key string) error {
			subject, _ := r.done(key)
			return purgeDone(r, subject)
		}, nil},
		{"an outcome that nobody planned", verify.KindUnplannedOutcome, true, func(r *verifyRig, _ *rand.Rand, key string) error {
			_, done := r.done(key)
			done.Target = "nobody"
			r.publish(jetsheet.DoneSubject(done.Conversion()), done)
			return nil
		}, nil},
		{"published for the previous system", verify.KindForbiddenOutcome, true, reroute(jetsheet.RouteLegacy), func(r *verifyRig) { r.run = r.record(r.id) }},
		{"published though held", verify.KindForbiddenOutcome, true, reroute(jetsheet.RouteHold), func(r *verifyRig) { r.run = r.record(r.id) }},
		{"published though only to compare", verify.KindForbiddenOutcome, true, reroute(jetsheet.RouteShadow), func(r *verifyRig) { r.run = r.record(r.id) }},
	}
}

func purgeDone(r *verifyRig, subject string) error {
	stream, err := r.parts.js.Stream(r.t.Context(), jetsheet.StreamDone)
	if err != nil {
		return err
	}
	return stream.Purge(r.t.Context(), jetstream.WithPurgeSubject(subject))
}

// reroute checks the run against a plan in which every tenant has another route.
func reroute(route jetsheet.Route) func(*verifyRig, *rand.Rand, string) error {
	return func(r *verifyRig, _ *rand.Rand, _ string) error {
		plans, err := r.parts.js.ObjectStore(r.t.Context(), jetsheet.StorePlans)
		if err != nil {
			return err
		}
		body, err := plans.GetBytes(r.t.Context(), r.run.Plan.Object)
		if err != nil {
			return err
		}
		var out bytes.Buffer
		w := jetsheet.NewPlanWriter(&out)
		for line := range bytes.Lines(body) {
			var target jetsheet.Target
			if err := json.Unmarshal(line, &target); err != nil {
				return err
			}
			target.Route = route
			if err := w.Write(&target); err != nil {
				return err
			}
		}
		summary, err := w.Close()
		if err != nil {
			return err
		}
		changed := *r.run
		summary.Object, changed.Plan = fmt.Sprintf("plan/test/%s", route), &summary
		r.run = &changed
		_, err = plans.PutBytes(r.t.Context(), summary.Object, out.Bytes())
		return err
	}
}

// recordDamages change the database after the run.
func recordDamages() []damage {
	sql := func(name string, kind verify.Kind, do, undo string) damage {
		return damage{name, kind, false, func(r *verifyRig, _ *rand.Rand, _ string) error {
			r.sql(do)
			return nil
		}, func(r *verifyRig) { r.sql(undo) }}
	}
	return []damage{
		sql("a changed record", verify.KindCellDiffers, "update records set note = 'later' where site = 'two' and n = 1", "update records set note = 'note 1' where site = 'two' and n = 1"),
		sql("a record that came later", verify.KindRowsDiffer, "insert into records (tenant_id, site, n, at) values ('a', 'one', 99, '2026-10-20T00:00:00Z')", "delete from records where n = 99"),
		sql("a record of a skipped one", verify.KindRowsDiffer, "insert into records (tenant_id, site, n, at) values ('a', 'empty', 1, '2026-10-20T00:00:00Z')", "delete from records where site = 'empty'"),
		sql("another tenant's record", verify.KindOtherTenant, "insert into records (tenant_id, site, n, at, note) values ('b c', 'two', 98, '2026-10-20T00:00:00Z', 'leak')", "delete from records where n = 98"),
		sql("a target that is not planned", verify.KindTargetDiffers, "insert into sites values ('a', 'new', 'New', 'UTC', 'en')", "delete from sites where id = 'new'"),
		sql("a target that is gone", verify.KindTargetDiffers, "delete from sites where id = 'empty'", "insert into sites values ('a', 'empty', 'No records', 'UTC', 'en')"),
		sql("a renamed site", verify.KindTargetDiffers, "update sites set name = 'Renamed' where id = 'Ä.x'", "update sites set name = 'A name that is much longer than a sheet may have' where id = 'Ä.x'"),
		sql("a site in another zone", verify.KindTargetDiffers, "update sites set zone = 'Asia/Tokyo' where id = 'Ä.x'", "update sites set zone = 'America/New_York' where id = 'Ä.x'"),
		sql("a column that is gone", verify.KindNotComparable, "alter table records rename column big to larger", "alter table records rename column larger to big"),
		sql("targets that do not run", verify.KindNotComparable, "alter table sites rename column zone to other", "alter table sites rename column other to zone"),
	}
}
