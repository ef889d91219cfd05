package localtest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func testIfNoneMatch(t *testing.T, b *s3Bucket) {
	if _, err := b.put(t.Context(), "a/b.xlsx", "first", ifNoneMatch); err != nil {
		t.Fatalf("create a missing key: %v", err)
	}
	if _, err := b.put(t.Context(), "a/b.xlsx", "second", ifNoneMatch); status(err) != http.StatusPreconditionFailed {
		t.Errorf("create an existing key: got %v, want status 412", err)
	}
	b.holds(t, "a/b.xlsx", "first")
}

func testIfMatch(t *testing.T, b *s3Bucket) {
	if _, err := b.put(t.Context(), "k", "x", ifMatch(`"0123456789abcdef0123456789abcdef"`)); status(err) != http.StatusNotFound {
		t.Errorf("replace a missing key: got %v, want status 404", err)
	}
	b.lacks(t, "k")
	first := b.mustPut(t, "k", "first")
	second, err := b.put(t.Context(), "k", "second", ifMatch(first))
	if err != nil {
		t.Fatalf("replace what was seen: %v", err)
	}
	if second == first {
		t.Errorf("two contents have one ETag %s", first)
	}
	if _, err := b.put(t.Context(), "k", "third", ifMatch(first)); status(err) != http.StatusPreconditionFailed {
		t.Errorf("replace what is gone: got %v, want status 412", err)
	}
	b.holds(t, "k", "second")
}

// race runs an operation sixteen times at once and returns the numbers of those that succeeded. The others must have been
// told that they came too late, which further statuses may say as well.
func race(t *testing.T, operation func(i int) error, further ...int) []int {
	t.Helper()
	const racers = 16
	failed := make([]error, racers)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range racers {
		wg.Go(func() {
			<-start
			failed[i] = operation(i)
		})
	}
	close(start)
	wg.Wait()
	var winners []int
	for i, err := range failed {
		late := append(further, http.StatusPreconditionFailed, http.StatusConflict) // 409 asks to try again
		switch {
		case err == nil:
			winners = append(winners, i)
		case !slices.Contains(late, status(err)):
			t.Errorf("racer %d: got %v, want success or a status of %v", i, err, late)
		}
	}
	return winners
}

// raceRounds is how often a race is run: one alone seldom hits the window between a condition and its write.
const raceRounds = 25

func testCreateRace(t *testing.T, b *s3Bucket) {
	for round := range raceRounds {
		key := fmt.Sprintf("raced %d", round)
		b.oneWinner(t, key, ifNoneMatch)
	}
}

func testReplaceRace(t *testing.T, b *s3Bucket) {
	for range raceRounds {
		b.oneWinner(t, "raced", ifMatch(b.mustPut(t, "raced", "before")))
	}
}

// oneWinner has racers write under a condition that holds for one of them, and checks that its write is the one there.
func (b *s3Bucket) oneWinner(t *testing.T, key string, condition func(*s3.PutObjectInput)) {
	t.Helper()
	winners := race(t, func(i int) error {
		_, err := b.put(t.Context(), key, fmt.Sprintf("racer %d", i), condition)
		return err
	})
	if len(winners) != 1 {
		t.Fatalf("winners at %s: got %v, want one", key, winners)
	}
	b.holds(t, key, fmt.Sprintf("racer %d", winners[0]))
}

func testWrongDigest(t *testing.T, b *s3Bucket) {
	wrong := func(in *s3.PutObjectInput) { in.ChecksumSHA256 = digest("something else") }
	if _, err := b.put(t.Context(), "new", "body", wrong); status(err) != http.StatusBadRequest {
		t.Errorf("create with a wrong digest: got %v, want status 400", err)
	}
	b.lacks(t, "new")
	b.mustPut(t, "old", "before")
	if _, err := b.put(t.Context(), "old", "after", wrong); status(err) != http.StatusBadRequest {
		t.Errorf("replace with a wrong digest: got %v, want status 400", err)
	}
	b.holds(t, "old", "before")
	right := func(in *s3.PutObjectInput) { in.ChecksumSHA256 = digest("body") }
	if _, err := b.put(t.Context(), "new", "body", right); err != nil {
		t.Errorf("create with the right digest: %v", err)
	}
	b.holds(t, "new", "body")
}

func testMetadata(t *testing.T, b *s3Bucket) {
	const kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	const disposition = `attachment; filename="report.xlsx"; filename*=UTF-8''%E5%86%B7%E8%94%B5%E5%BA%AB_2026-10.xlsx`
	want := map[string]string{"jetsheet-run": "20261031T200000Z-r-0", "jetsheet-rows": "12", "conversion": "a=2Fb"}
	body := "workbook"
	etag, err := b.put(t.Context(), "m", body, func(in *s3.PutObjectInput) {
		in.ContentType, in.ContentDisposition, in.Metadata = aws.String(kind), aws.String(disposition), want
	})
	if err != nil {
		t.Fatal(err)
	}
	head, err := b.client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &b.name, Key: aws.String("m")})
	if err != nil {
		t.Fatal(err)
	}
	check := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}
	check("type", aws.ToString(head.ContentType), kind)
	check("disposition", aws.ToString(head.ContentDisposition), disposition)
	check("etag", aws.ToString(head.ETag), etag)
	check("metadata", fmt.Sprint(head.Metadata), fmt.Sprint(want))
	check("length", strconv.FormatInt(aws.ToInt64(head.ContentLength), 10), strconv.Itoa(len(body)))
	get, err := b.client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &b.name, Key: aws.String("m")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = get.Body.Close() }()
	check("type by get", aws.ToString(get.ContentType), kind)
	check("disposition by get", aws.ToString(get.ContentDisposition), disposition)
	check("metadata by get", fmt.Sprint(get.Metadata), fmt.Sprint(want))

	b.mustPut(t, "m", "replaced without metadata")
	head, err = b.client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &b.name, Key: aws.String("m")})
	if err != nil || len(head.Metadata) != 0 {
		t.Errorf("metadata after a replacement without: got %v, %v, want none", head.Metadata, err)
	}
}

func testDelete(t *testing.T, b *s3Bucket) {
	for _, key := range []string{"d/1", "d/2", "d/3", "d/4"} {
		b.mustPut(t, key, key)
	}
	one := &s3.DeleteObjectInput{Bucket: &b.name, Key: aws.String("d/1")}
	for _, what := range []string{"an object", "one that is gone"} {
		if _, err := b.client.DeleteObject(t.Context(), one); err != nil {
			t.Errorf("delete %s: %v", what, err)
		}
	}
	b.lacks(t, "d/1")
	many := &types.Delete{Objects: []types.ObjectIdentifier{{Key: aws.String("d/2")}, {Key: aws.String("d/3")}}}
	if out, err := b.client.DeleteObjects(t.Context(), &s3.DeleteObjectsInput{Bucket: &b.name, Delete: many}); err != nil || len(out.Errors) != 0 {
		t.Errorf("delete two: got %+v, %v", out, err)
	}
	b.lacks(t, "d/3")
	b.holds(t, "d/4", "d/4")
}

func testDeleteIfMatch(t *testing.T, b *s3Bucket) {
	remove := func(key, etag string) error {
		_, err := b.client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &b.name, Key: &key, IfMatch: &etag})
		return err
	}
	const key = "d/記録 1+2.xlsx"
	first := b.mustPut(t, key, "first")
	second := b.mustPut(t, key, "second")
	if err := remove(key, first); status(err) != http.StatusPreconditionFailed {
		t.Errorf("delete what has been replaced: got %v, want status 412", err)
	}
	b.holds(t, key, "second")
	if err := remove(key, second); err != nil {
		t.Errorf("delete what was seen: %v", err)
	}
	b.lacks(t, key)
	if err := remove(key, second); status(err) != http.StatusNotFound && status(err) != http.StatusPreconditionFailed {
		t.Errorf("delete what is gone: got %v, want status 404 or 412", err)
	}
}

// testDeleteRace has sixteen replace or delete what all of them have seen.
func testDeleteRace(t *testing.T, b *s3Bucket) {
	for range raceRounds {
		seen := b.mustPut(t, "raced", "before")
		winners := race(t, func(i int) error {
			if i%2 == 0 {
				_, err := b.put(t.Context(), "raced", "after", ifMatch(seen))
				return err
			}
			_, err := b.client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &b.name, Key: aws.String("raced"), IfMatch: &seen})
			return err
		}, http.StatusNotFound)
		if len(winners) != 1 {
			t.Fatalf("winners: got %v, want one", winners)
		}
		if winners[0]%2 == 0 {
			b.holds(t, "raced", "after")
		} else {
			b.lacks(t, "raced")
		}
	}
}

// testWholeObjects replaces an object while others read it: each reader gets one version, with that version's ETag.
func testWholeObjects(t *testing.T, b *s3Bucket) {
	versions := []string{strings.Repeat("a", 300_000), strings.Repeat("b", 200_000)}
	b.mustPut(t, "changing", versions[0])
	written := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(written)
		for i := range 40 {
			if _, err := b.put(t.Context(), "changing", versions[i%2]); err != nil {
				t.Errorf("replace: %v", err)
			}
		}
	})
	for range 4 {
		wg.Go(func() {
			for {
				if got, err := b.get(t.Context(), "changing"); err != nil || got != versions[0] && got != versions[1] {
					t.Errorf("read %d bytes, %v, want one of the versions whole", len(got), err)
					return
				}
				select {
				case <-written:
					return
				default:
				}
			}
		})
	}
	wg.Wait()
}
