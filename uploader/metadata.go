package uploader

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
)

// ContentType is the content type of every workbook.
const ContentType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// Names of the metadata of a workbook on S3; as headers they carry the prefix
// x-amz-meta-. The uploader writes them; the uploader and anyone else may read them. Names are only ever added.
const (
	// MetaRun is the run's id, e.g. 20261031T200000Z-temperature-0.
	MetaRun = "run"
	// MetaConversion is [jetsheet.Conversion.String]: RUN/TENANT/TARGET as tokens.
	MetaConversion = "conversion"
	// MetaReport is the report's name.
	MetaReport = "report"
	// MetaSHA256 is the digest of the whole object in hex, 64 characters.
	MetaSHA256 = "sha256"
	// MetaRows counts the data rows over all sheets, MetaSheets the sheets.
	MetaRows   = "rows"
	MetaSheets = "sheets"
	// MetaSnapshot is the text of pg_current_snapshot() that the workbook shows. One
	// of over 1,000 bytes is cut to XMIN:XMAX, which PostgreSQL does not take for a
	// snapshot: S3 allows 2 KiB of metadata.
	MetaSnapshot = "snapshot"
	// MetaSnapshotTime is the time of that snapshot by PostgreSQL's clock, RFC 3339
	// in UTC.
	MetaSnapshotTime = "snapshot-time"
	// MetaVersion is the jetsheet that rendered the workbook.
	MetaVersion = "version"
	// MetaDefinition is the sha256 of the definition that it was made with, in hex; absent
	// where the renderer did not say.
	MetaDefinition = "definition"
	// MetaPartBytes is the size of the parts in which the object was uploaded; absent for
	// one that came in one request.
	MetaPartBytes = "part-bytes"
)

// maxSnapshot leaves half of the metadata to everything else.
const maxSnapshot = 1000

// metadataOf returns the metadata with which a workbook is published.
func metadataOf(e *event) map[string]string {
	meta := map[string]string{
		MetaRun:          e.Request.Run.String(),
		MetaConversion:   e.Request.Conversion().String(),
		MetaReport:       e.Request.Run.Report,
		MetaSHA256:       e.SHA256,
		MetaRows:         strconv.FormatInt(e.Rows, 10),
		MetaSheets:       strconv.Itoa(e.Sheets),
		MetaSnapshot:     printable(shortSnapshot(e.Snapshot.ID), maxSnapshot),
		MetaSnapshotTime: e.Snapshot.At.UTC().Format(time.RFC3339Nano),
		MetaVersion:      printable(e.Version, 64),
	}
	if jetsheet.ValidDigest(e.DefinitionSHA256) {
		meta[MetaDefinition] = e.DefinitionSHA256
	}
	return meta
}

// shortSnapshot drops the list of running transactions where it is too long.
func shortSnapshot(id string) string {
	if len(id) <= maxSnapshot {
		return id
	}
	if parts := strings.SplitN(id, ":", 3); len(parts) == 3 && len(parts[0])+len(parts[1]) < 64 {
		return parts[0] + ":" + parts[1]
	}
	return ""
}

// printable makes text fit a header: ASCII without control characters, at most limit
// bytes.
func printable(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
	return strings.TrimSpace(s[:min(len(s), limit)])
}

// published is what the metadata of an object on S3 says of it.
type published struct {
	run        jetsheet.RunID
	conversion string
	tenant     string // token
	sha256     string
	sizeBytes  int64
	rows       int64
	snapshot   jetsheet.Snapshot
	version    string
	definition string
	partBytes  int // 0 for one request
	etag       string
}

// errForeign: the object was not written by an uploader.
var errForeign = errors.New("it has no metadata of a jetsheet workbook")

// parseMetadata reads the metadata of an object. The error wraps [errForeign].
// Beyond the identity and the digest, what cannot be read is left empty.
func parseMetadata(meta map[string]string) (published, error) {
	p := published{conversion: meta[MetaConversion], sha256: meta[MetaSHA256], version: meta[MetaVersion], definition: meta[MetaDefinition]}
	if meta[MetaRun] == "" {
		return p, errForeign
	}
	var err error
	if p.run, err = jetsheet.ParseRunID(meta[MetaRun]); err != nil {
		return p, fmt.Errorf("%w: %s is %q", errForeign, MetaRun, meta[MetaRun])
	}
	parts := strings.Split(p.conversion, "/")
	if len(parts) != 3 || parts[0] != p.run.String() || parts[1] == "" || parts[2] == "" {
		return p, fmt.Errorf("%w: %s is %q", errForeign, MetaConversion, p.conversion)
	}
	p.tenant = parts[1]
	if sum, err := hex.DecodeString(p.sha256); err != nil || len(sum) != 32 {
		return p, fmt.Errorf("%w: %s is %q", errForeign, MetaSHA256, p.sha256)
	}
	p.partBytes, _ = strconv.Atoi(meta[MetaPartBytes])
	p.rows, _ = strconv.ParseInt(meta[MetaRows], 10, 64)
	p.snapshot.ID = meta[MetaSnapshot]
	p.snapshot.At, _ = time.Parse(time.RFC3339Nano, meta[MetaSnapshotTime])
	return p, nil
}
