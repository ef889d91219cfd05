package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops"
	"github.com/jetsheet/jetsheet/uploader"
)

// maxLink is the longest life of a link that S3 signs.
const maxLink = 7 * 24 * time.Hour

// workbooksGetCommand downloads a workbook.
type workbooksGetCommand struct {
	NATS natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`
	S3   s3Settings   `embed:"" prefix:"s3-" group:"S3 settings"`
	workbookFlags

	Text     string        `arg:"" optional:"" help:"Part of the file name or key, or RUN/TENANT/TARGET."`
	Output   string        `name:"output" short:"o" placeholder:"FILE" help:"Where to write it; by default its own file name in this directory, - for standard output."`
	Force    bool          `name:"force" help:"Overwrite the file."`
	Previous bool          `name:"previous" help:"The previous system's workbook that it was compared with; for tenants routed shadow."`
	Link     bool          `name:"link" help:"Print a link for somebody without credentials instead."`
	Expires  time.Duration `name:"expires" placeholder:"DURATION" default:"1h" help:"How long the link works, 168h at most."`
	JSON     bool          `name:"json" help:"Print one JSON object about it."`
}

// gotWorkbook is what the command prints for programs.
type gotWorkbook struct {
	Conversion string `json:"conversion"`
	Bucket     string `json:"bucket"`
	Key        string `json:"key"`
	// SHA256 is empty for the previous system's workbook, of which none is known.
	SHA256    string `json:"sha256,omitempty"`
	SizeBytes int64  `json:"sizeBytes"`
	// File is empty for a link, and - for standard output.
	File      string    `json:"file,omitempty"`
	URL       string    `json:"url,omitempty"`
	ExpiresAt time.Time `json:"expiresAt,omitzero"`
	// HeldBy is the conversion whose workbook lies there, where that is a later one.
	HeldBy string `json:"heldBy,omitempty"`
}

// Run finds the workbook and fetches it.
func (c *workbooksGetCommand) Run(ctx context.Context, app *app) error {
	if c.Link && (c.Expires <= 0 || c.Expires > maxLink) {
		return usageError("--expires is %s: a link works for 168h at most", c.Expires)
	}
	if c.JSON && c.Output == "-" {
		return usageError("--json and the workbook cannot both go to standard output")
	}
	var w *ops.Workbook
	err := app.onRuns(ctx, &c.NATS, func(ctx context.Context, r *ops.Reader, _ *natsLink) (err error) {
		w, err = r.One(ctx, c.filter(c.Text))
		return err
	})
	if err != nil {
		return err
	}
	switch {
	case c.Previous && (w.Comparison == nil || w.Comparison.Previous.ETag == ""):
		return notCompared(w)
	case !c.Previous && w.State != ops.StatePublished:
		return notPublished(w)
	}
	client, err := app.newS3Client(ctx, &c.S3.s3Server)
	if err != nil {
		return err
	}
	g := &getter{app: app, client: s3.New(client.Options(), plainAnswers), w: w}
	if c.Previous {
		g.takePrevious()
	}
	if c.Link {
		return g.link(ctx, c.Expires, c.JSON)
	}
	return g.download(ctx, c)
}

// notPublished says why there is nothing to get and what mends it.
func notPublished(w *ops.Workbook) error {
	text := fmt.Sprintf("%s is not published, it is %s", w.Conversion(), w.State)
	if w.Why != "" {
		text += ": " + printable(w.Why)
	}
	if w.Next != "" {
		text += "; next: " + printable(w.Next)
	}
	return errors.New(text)
}

// notCompared says why there is no workbook of the previous system to get.
func notCompared(w *ops.Workbook) error {
	text := fmt.Sprintf("%s was not compared with a workbook of the previous system, it is %s (route %s)", w.Conversion(), w.State, w.Route)
	if w.Why != "" {
		text += ": " + printable(w.Why)
	}
	return errors.New(text)
}

// plainAnswers leaves checking to us: the SDK's own check knows nothing of the digest
// in the metadata, and complains on standard error where a server sends no other.
func plainAnswers(o *s3.Options) {
	o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
}

// getter fetches a published workbook.
type getter struct {
	app    *app
	client *s3.Client
	w      *ops.Workbook
	// previous is what the workbook was compared with, where that is fetched instead.
	previous *jetsheet.PreviousWorkbook
}

// takePrevious makes the previous system's workbook the one that is fetched.
func (g *getter) takePrevious() {
	w := *g.w
	g.previous = &w.Comparison.Previous
	w.Bucket, w.Key, w.Filename = g.previous.Bucket, g.previous.Key, path.Base(g.previous.Key)
	g.w = &w
}

// aboutPrevious says of the previous system's workbook what is known: it has no digest.
func (g *getter) aboutPrevious(etag *string) (*gotWorkbook, error) {
	if aws.ToString(etag) != g.previous.ETag {
		_, err := fmt.Fprintf(g.app.stderr, "the previous system wrote it again after it was compared, %s\n", instant(g.previous.LastModified))
		if err != nil {
			return nil, err
		}
	}
	return &gotWorkbook{Conversion: g.w.Conversion().String(), Bucket: g.w.Bucket, Key: g.w.Key}, nil
}

// about reads the metadata of what lies under the key.
func (g *getter) about(meta map[string]string, etag *string) (*gotWorkbook, error) {
	if g.previous != nil {
		return g.aboutPrevious(etag)
	}
	w := g.w
	got := &gotWorkbook{Conversion: w.Conversion().String(), Bucket: w.Bucket, Key: w.Key, SHA256: meta[uploader.MetaSHA256]}
	if got.SHA256 == "" || meta[uploader.MetaConversion] == "" {
		return nil, fmt.Errorf("the object %s in S3 bucket %s was not written by jetsheet: somebody replaced it", w.Key, w.Bucket)
	}
	if by := meta[uploader.MetaConversion]; by != got.Conversion {
		got.HeldBy = by
		if _, err := fmt.Fprintf(g.app.stderr, "the workbook of a later run lies there: %s\n", printable(by)); err != nil {
			return nil, err
		}
	}
	return got, nil
}

// explainMissing names the object that is gone.
func (g *getter) explainMissing(err error) error {
	missing := errors.As(err, new(*types.NoSuchKey)) || errors.As(err, new(*types.NotFound))
	if missing && g.previous != nil {
		return fmt.Errorf("the previous system's workbook %s is no longer in S3 bucket %s: ask whoever runs that system", g.w.Key, g.w.Bucket)
	}
	if missing {
		return fmt.Errorf("the object %s is no longer in S3 bucket %s: somebody deleted it; restore a version of it, or make it again with: %s",
			g.w.Key, g.w.Bucket, printable(jetsheet.StartAgain(g.w.Run, jetsheet.Scope{Tenant: g.w.Tenant, Target: g.w.Target})))
	}
	return fmt.Errorf("read S3 object %s/%s: %w", g.w.Bucket, g.w.Key, err)
}

func (g *getter) link(ctx context.Context, expires time.Duration, asJSON bool) error {
	head, err := g.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &g.w.Bucket, Key: &g.w.Key})
	if err != nil {
		return g.explainMissing(err)
	}
	got, err := g.about(head.Metadata, head.ETag)
	if err != nil {
		return err
	}
	signed, err := s3.NewPresignClient(g.client).PresignGetObject(ctx,
		&s3.GetObjectInput{Bucket: &g.w.Bucket, Key: &g.w.Key}, s3.WithPresignExpires(expires))
	if err != nil {
		return fmt.Errorf("sign a link to S3 object %s/%s: %w", g.w.Bucket, g.w.Key, err)
	}
	got.URL, got.ExpiresAt = signed.URL, time.Now().Add(expires).UTC().Truncate(time.Second)
	if head.ContentLength != nil {
		got.SizeBytes = *head.ContentLength
	}
	if asJSON {
		return g.app.printJSON(got)
	}
	_, err = fmt.Fprintln(g.app.stdout, got.URL)
	return err
}

// download writes the workbook and checks its digest; a file appears only when it is
// whole.
func (g *getter) download(ctx context.Context, c *workbooksGetCommand) error {
	file := c.Output
	if file == "" {
		if file = safeName(g.w.Filename); file == "" {
			return usageError("the workbook has no usable file name (%q): name a file with -o", g.w.Filename)
		}
	}
	if file != "-" && !c.Force {
		if _, err := os.Lstat(file); err == nil {
			return fmt.Errorf("%s exists: --force overwrites it", file)
		}
	}
	object, err := g.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &g.w.Bucket, Key: &g.w.Key})
	if err != nil {
		return g.explainMissing(err)
	}
	defer func() { _ = object.Body.Close() }()
	got, err := g.about(object.Metadata, object.ETag)
	if err != nil {
		return err
	}
	got.File = file
	if file == "-" {
		got.SizeBytes, err = g.copy(g.app.stdout, object.Body, got.SHA256)
		return err
	}
	if got.SizeBytes, err = g.save(file, object.Body, got.SHA256); err != nil {
		return err
	}
	if c.JSON {
		return g.app.printJSON(got)
	}
	_, err = fmt.Fprintf(g.app.stdout, "%s, %s\n", printable(file), humanSize(got.SizeBytes))
	return err
}

func (g *getter) save(file string, body io.Reader, want string) (size int64, err error) {
	temporary, err := os.CreateTemp(filepath.Dir(file), ".jetsheet-*")
	if err != nil {
		return 0, fmt.Errorf("make %s: %w", file, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, temporary.Close(), os.Remove(temporary.Name()))
		}
	}()
	if size, err = g.copy(temporary, body, want); err != nil {
		return size, err
	}
	// Others may read it as they may what is made beside it; CreateTemp lets nobody.
	if err := temporary.Chmod(0o644); err != nil {
		return size, fmt.Errorf("make %s: %w", file, err)
	}
	if err := temporary.Sync(); err != nil {
		return size, fmt.Errorf("write %s: %w", file, err)
	}
	name := temporary.Name()
	if err := temporary.Close(); err != nil {
		return size, errors.Join(fmt.Errorf("write %s: %w", file, err), os.Remove(name))
	}
	return size, os.Rename(name, file)
}

func (g *getter) copy(w io.Writer, body io.Reader, want string) (int64, error) {
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(w, sum), body)
	if err != nil {
		return size, fmt.Errorf("read S3 object %s/%s: %w", g.w.Bucket, g.w.Key, err)
	}
	if have := hex.EncodeToString(sum.Sum(nil)); want != "" && have != want {
		return size, fmt.Errorf("the object %s in S3 bucket %s is damaged: its sha256 is %s, its metadata says %s", g.w.Key, g.w.Bucket, have, want)
	}
	return size, nil
}

// safeName is a file name of the user's as a file in this directory, "" if it cannot
// be one.
func safeName(name string) string {
	name = path.Base(filepath.ToSlash(printable(name)))
	if name == "." || name == ".." || name == "/" || !filepath.IsLocal(name) {
		return ""
	}
	return name
}
