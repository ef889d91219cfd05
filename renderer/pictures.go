package renderer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// Pictures is where the pictures lie that columns and markers of format imageKey name.
type Pictures interface {
	// Picture returns the file of that key, of which the tenant's record speaks: all of
	// it, or as much as is more than a workbook takes. It returns ErrNoPicture where
	// there is none; any other error stops the attempt. It may be called concurrently.
	Picture(ctx context.Context, tenant, key string) ([]byte, error)
}

// ErrNoPicture says that no picture has the key.
var ErrNoPicture = errors.New("there is no picture of that key")

// PictureSettings say where pictures are found by their keys.
type PictureSettings struct {
	Bucket string `help:"Bucket of the pictures that columns and markers of format imageKey name; it is only read." placeholder:"NAME"`
	Prefix string `help:"What precedes their keys there; {tenant} stands for the tenant's id, so that no tenant is shown another's." placeholder:"TEXT"`
}

// Waiting names the bucket where its pictures are waited for.
func (s PictureSettings) Waiting() string { return "S3 bucket " + s.Bucket }

// picturesOf are the pictures for one job. One that could be read shows to others that the
// bucket can be.
type picturesOf struct {
	Pictures

	job    *delivery.Job
	bucket string
}

func (p picturesOf) Picture(ctx context.Context, tenant, key string) ([]byte, error) {
	file, err := p.Pictures.Picture(ctx, tenant, key)
	if err == nil {
		p.job.Used(p.bucket)
	}
	return file, err
}

// pictures are those for one job, nil where no bucket is set.
func (r *Renderer) pictures(job *delivery.Job) Pictures {
	if r.cfg.Pictures == nil {
		return nil
	}
	return picturesOf{r.cfg.Pictures, job, r.cfg.PictureBucket.Waiting()}
}

// maxKey is S3's limit for a key, in bytes.
const maxKey = 1024

// ObjectKey is the key of the object of a tenant's picture. ok is false for what is no key
// below the prefix: what a record says leads nowhere else.
func (s PictureSettings) ObjectKey(tenant, key string) (object string, ok bool) {
	if strings.Contains(tenant, "/") && strings.Contains(s.Prefix, "{tenant}") {
		return "", false // another tenant's pictures might begin so
	}
	object = strings.ReplaceAll(s.Prefix, "{tenant}", tenant) + key
	if key == "" || len(object) > maxKey || !utf8.ValidString(object) || strings.ContainsFunc(object, unicode.IsControl) {
		return "", false
	}
	for step := range strings.SplitSeq(object, "/") {
		if step == "" || step == "." || step == ".." { // some servers would go up a step
			return "", false
		}
	}
	return object, true
}

// The bounds of what is kept of pictures while one workbook is made.
const (
	maxKeptPictures = 8 << 20
	maxKeptPicture  = 1 << 20
)

// pictureReader reads the pictures of one workbook. A small one that comes again, such
// as a signature, is asked for once.
type pictureReader struct {
	source Pictures
	tenant string
	kept   map[string]xlsx.Value
	bytes  int
}

// value is the picture of a key, as a cell takes it.
func (p *pictureReader) value(ctx context.Context, key string) (xlsx.Value, error) {
	if v, ok := p.kept[key]; ok {
		return v, nil
	}
	if p.source == nil {
		return xlsx.Value{}, &WorkbookError{errors.New("no bucket for pictures is configured; set renderer-pictures-bucket of the renderer")}
	}
	file, err := p.source.Picture(ctx, p.tenant, key)
	switch {
	case errors.Is(err, ErrNoPicture):
		return p.keep(key, xlsx.MissingImage(), 0), nil
	case err != nil:
		return xlsx.Value{}, err
	}
	return p.keep(key, xlsx.Image(string(file)), len(file)), nil
}

func (p *pictureReader) keep(key string, v xlsx.Value, size int) xlsx.Value {
	size += len(key)
	if size <= maxKeptPicture && p.bytes+size <= maxKeptPictures {
		if p.kept == nil {
			p.kept = map[string]xlsx.Value{}
		}
		p.kept[key] = v
		p.bytes += size
	}
	return v
}

// readPictures puts pictures in the place of their keys, in a row's columns of keys.
func (s *sheet) readPictures() error {
	for _, i := range s.keyed {
		v := s.values[i]
		if v.Kind() != xlsx.KindText || strings.TrimSpace(v.String()) == "" {
			continue
		}
		picture, err := s.r.picture(v.String())
		if err != nil {
			return fmt.Errorf("sheet %q, column %q: %w", s.layout.Name, s.names[i], err)
		}
		s.values[i] = picture
	}
	return nil
}

// ParseFormat reads a column's format: those of [xlsx.ParseFormat], and imageKey and
// imageKey:WIDTHxHEIGHT for pictures that are found by their keys.
func ParseFormat(format, locale string) (xlsx.Format, error) {
	image, byKey := xlsx.CutImageKey(format)
	f, err := xlsx.ParseFormat(image, locale)
	switch {
	case err != nil && byKey:
		err = fmt.Errorf("format %q is written like image: %w", format, err)
	case errors.Is(err, xlsx.ErrUnknownFormat):
		err = fmt.Errorf("%w, %s, %s:WIDTHxHEIGHT", err, xlsx.FormatImageKey, xlsx.FormatImageKey)
	}
	return f, err
}
