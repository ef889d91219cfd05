package verify

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/jetsheet/jetsheet"
)

// The uploader's contract for objects, written down here a second time on purpose: a
// name that changes there by mistake is a difference here.
const (
	contentType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

	metaRun          = "run"
	metaConversion   = "conversion"
	metaReport       = "report"
	metaSHA256       = "sha256"
	metaRows         = "rows"
	metaSheets       = "sheets"
	metaSnapshot     = "snapshot"
	metaSnapshotTime = "snapshot-time"
	metaVersion      = "version"
	metaDefinition   = "definition"
)

// checkPublished looks at the object of a published workbook.
func (c *conversion) checkPublished(ctx context.Context) error {
	d := c.done
	if first := c.v.claims.claim(d.Bucket+"/"+d.Key, c.id.String()); first != "" {
		c.problem(KindSharedKey, "key "+d.Key, "also the key of "+first, "a key of its own")
	}
	got, err := c.v.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &d.Bucket, Key: &d.Key})
	if isMissing(err) {
		c.problem(KindObjectMissing, "s3://"+d.Bucket+"/"+d.Key, "nothing", "the workbook")
		return nil
	}
	if err != nil {
		return unavailable(ctx, "read S3 object "+d.Bucket+"/"+d.Key, err)
	}
	defer func() { _ = got.Body.Close() }()
	ours, newer, err := c.owner(ctx, got.Metadata)
	if err != nil || !ours && newer == nil {
		return err
	}
	copied, err := c.v.copyObject(ctx, got.Body)
	if err != nil {
		return unavailable(ctx, "read S3 object "+d.Bucket+"/"+d.Key, err)
	}
	defer copied.close()
	if newer != nil {
		c.v.findings.count(func(r *Report) { r.Replaced++ })
		c.checkBytes(copied, newer, "of the newer run "+newer.Run.String())
		return nil
	}
	c.v.findings.count(func(r *Report) { r.Published++; r.SizeBytes += copied.size })
	c.checkMetadata(got.Metadata)
	c.checkHeaders(got)
	c.checkBytes(copied, d, "")
	return c.checkWorkbook(ctx, copied, got.Metadata[metaSheets])
}

// owner says whose an object is: the conversion's own, or that of a newer run, whose
// outcome is returned. Anything else is reported.
func (c *conversion) owner(ctx context.Context, meta map[string]string) (ours bool, newer *jetsheet.Done, err error) {
	foreign := func(got string) (bool, *jetsheet.Done, error) {
		c.problem(KindObjectForeign, "s3://"+c.done.Bucket+"/"+c.done.Key, got, "the workbook of "+c.id.String())
		return false, nil, nil
	}
	name := meta[metaConversion]
	switch {
	case name == c.id.String():
		return true, nil, nil
	case name == "":
		return foreign("an object without metadata of a workbook")
	}
	run, err := jetsheet.ParseRunID(meta[metaRun])
	address := c.id.Address()
	address.Run = run
	switch {
	case err != nil, name != strings.ReplaceAll(address.Key(), ".", "/"), run.Report != c.id.Run.Report, run.Compare(c.id.Run) <= 0:
		return foreign("the workbook of " + name)
	}
	newer, err = c.v.readDone(ctx, address)
	if err != nil && !errors.Is(err, jetsheet.ErrMessage) {
		return false, nil, err
	}
	if newer == nil || newer.State != jetsheet.DonePublished || newer.Key != c.done.Key {
		return foreign("the workbook of " + name + ", of which no outcome says that it lies here")
	}
	return false, newer, nil
}

// checkMetadata compares what the object says of itself with the record.
func (c *conversion) checkMetadata(meta map[string]string) {
	d := c.done
	for _, field := range []struct{ name, want string }{
		{metaRun, c.id.Run.String()},
		{metaReport, c.id.Run.Report},
		{metaSHA256, d.SHA256},
		{metaRows, strconv.FormatInt(d.Rows, 10)},
		{metaSnapshot, d.Snapshot.ID},
		{metaSnapshotTime, d.Snapshot.At.UTC().Format(time.RFC3339Nano)},
		{metaVersion, d.Version},
		{metaDefinition, d.DefinitionSHA256},
	} {
		c.same(KindMetadataDiffers, field.name, meta[field.name], field.want)
	}
	if n, err := strconv.Atoi(meta[metaSheets]); err != nil || n < 1 {
		c.problem(KindMetadataDiffers, metaSheets, meta[metaSheets], "a number of sheets")
	}
}

// checkHeaders compares what a browser goes by.
func (c *conversion) checkHeaders(got *s3.GetObjectOutput) {
	c.same(KindHeaderDiffers, "content-type", text(got.ContentType), contentType)
	disposition := text(got.ContentDisposition)
	kind, params, err := mime.ParseMediaType(disposition)
	want := filenameOf(c.t.Filename, c.t.Key)
	if err != nil || kind != "attachment" || params["filename"] != want {
		c.problem(KindHeaderDiffers, "content-disposition", disposition, "attachment with the file name "+want)
	}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// checkBytes compares the bytes with what a record says of them.
func (c *conversion) checkBytes(copied *objectCopy, d *jetsheet.Done, whose string) {
	whose = strings.TrimSuffix(" "+whose, " ")
	c.same(KindObjectDamaged, "sha256"+whose, copied.sha256, d.SHA256)
	c.same(KindObjectDamaged, "size"+whose, strconv.FormatInt(copied.size, 10), strconv.FormatInt(d.SizeBytes, 10))
}

// checkSuperseded looks for the newer run's workbook.
func (c *conversion) checkSuperseded(ctx context.Context) error {
	d := c.done
	where := "s3://" + d.Bucket + "/" + d.Key
	meta, err := c.v.head(ctx, d.Bucket, d.Key, nil)
	if err != nil {
		return err
	}
	if meta == nil {
		c.problem(KindNotSuperseded, where, "nothing", "the workbook of "+d.By)
		return nil
	}
	run, err := jetsheet.ParseRunID(meta[metaRun])
	switch by, byErr := jetsheet.ParseRunID(d.By); {
	case byErr != nil || by.Report != c.id.Run.Report || by.Compare(c.id.Run) <= 0:
		c.problem(KindOutcomeDiffers, "by", d.By, "a newer run of "+c.id.Run.Report)
	case err != nil, run.Report != by.Report, run.Compare(by) < 0, meta[metaConversion] != jetsheet.Conversion{Run: run, Tenant: c.t.Tenant, Target: c.t.Target}.String():
		c.problem(KindNotSuperseded, where, "the object of "+describe(meta), "the workbook of "+d.By+" or a newer run")
	}
	return nil
}

// describe names the owner of an object.
func describe(meta map[string]string) string {
	if meta[metaConversion] == "" {
		return "somebody who writes no metadata of workbooks"
	}
	return meta[metaConversion]
}

// wantNoObject holds that nothing of the conversion lies under its key.
func (c *conversion) wantNoObject(ctx context.Context, state string) error {
	if c.t.Key == "" {
		return nil
	}
	meta, err := c.v.head(ctx, c.v.cfg.Bucket, c.t.Key, nil)
	if err != nil {
		return err
	}
	if meta[metaConversion] == c.id.String() || meta[metaRun] == c.id.Run.String() {
		c.problem(KindObjectUnexpected, "s3://"+c.v.cfg.Bucket+"/"+c.t.Key, "a workbook of "+describe(meta), "none: the conversion is "+state)
	}
	return nil
}

// head reads the metadata of an object; nil when there is none.
func (v *verifier) head(ctx context.Context, bucket, key string, version *string) (map[string]string, error) {
	head, err := v.s3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key, VersionId: version})
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, unavailable(ctx, "look at S3 object "+bucket+"/"+key, err)
	}
	if head.Metadata == nil {
		return map[string]string{}, nil
	}
	return head.Metadata, nil
}

// isMissing says whether S3 answered that there is no such object. A bucket that is not
// there is something else.
func isMissing(err error) bool {
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == "NoSuchBucket" {
		return false
	}
	return statusOf(err) == http.StatusNotFound
}

// isRefused says whether the server will not answer such a question at all: no right to
// ask, or not implemented.
func isRefused(err error) bool {
	switch statusOf(err) {
	case http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return true
	default:
		return false
	}
}

func statusOf(err error) int {
	var response *awshttp.ResponseError
	if errors.As(err, &response) && response.Response != nil && response.Response.Response != nil {
		return response.HTTPStatusCode()
	}
	return 0
}

// unavailable wraps what S3 did not answer; an interrupted check stays interrupted.
func unavailable(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return &UnavailableError{fmt.Errorf("%s: %w", doing, err)}
}
