package jetsheet

import (
	"errors"
	"fmt"
)

// MaxRequestBytes is the largest request. The larger ones in a real export had
// 2 KiB; 64 KiB leaves room and keeps 20,000 queued requests small.
const MaxRequestBytes = 64 << 10

// ChunkBytes is the chunk size of workbooks. A workbook that fits one chunk takes
// the short way; 512 KiB holds about 6,000 rows and stays below the server's
// default max_payload of 1 MiB.
const ChunkBytes = 512 << 10

// MinPayloadBytes is the least max_payload of a NATS server: a chunk, and 16 KiB for
// headers that whoever stands in between may add.
const MinPayloadBytes = ChunkBytes + 16<<10

// RunPayloadBytes is the max_payload for which the record of a run is made, the
// server's default: it holds the report's definition and the flag document.
const RunPayloadBytes = 1 << 20

// ErrMaxPayload is returned by [CheckMaxPayload].
var ErrMaxPayload = errors.New("max_payload of the NATS server is too small")

// CheckMaxPayload holds the max_payload of a NATS server, as its connections tell it,
// against [MinPayloadBytes].
func CheckMaxPayload(bytes int64) error {
	if bytes >= MinPayloadBytes {
		return nil
	}
	return fmt.Errorf("%w: it is %d bytes and workbooks need %d; set max_payload: 1MB (the default) in the server's configuration, load it with: nats-server --signal reload, and start again",
		ErrMaxPayload, bytes, MinPayloadBytes)
}
