package renderer

import (
	"errors"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

// A renderer does not start on a server that takes no chunk, and works on one that just
// takes it.
func TestMaxPayload(t *testing.T) {
	t.Parallel()
	s := setup(t, jetsheet.TopologyOptions{})
	for _, maxPayload := range []int32{jetsheet.ChunkBytes, jetsheet.MinPayloadBytes} {
		// The server's setting was changed after setup.
		dir := t.TempDir()
		server := localtest.StartNATS(t, local.NATSOptions{Dir: dir})
		_, js := localtest.Connect(t, server)
		if _, err := deploy.Provision(t.Context(), js, jetsheet.NewTopology(jetsheet.TopologyOptions{}), false); err != nil {
			t.Fatal(err)
		}
		server.Shutdown()
		_, s.js = localtest.Connect(t, localtest.StartNATS(t, local.NATSOptions{Dir: dir, MaxPayloadBytes: maxPayload}))
		s.cfg.JetStream = s.js
		r, err := New(t.Context(), s.cfg)
		if maxPayload < jetsheet.MinPayloadBytes {
			if !errors.Is(err, jetsheet.ErrMaxPayload) || !strings.Contains(err.Error(), "set max_payload: 1MB") {
				t.Errorf("max_payload %d: error %v, want %v with what to set", maxPayload, err, jetsheet.ErrMaxPayload)
			}
			continue
		}
		if err != nil {
			t.Fatalf("max_payload %d: %v", maxPayload, err)
		}
		for _, size := range []int{jetsheet.ChunkBytes, 3 * jetsheet.ChunkBytes} {
			dst := r.store.create(t.Context(), "object")
			if _, err := dst.Write(make([]byte, size)); err != nil {
				t.Fatal(err)
			}
			if _, err := dst.close(t.Context()); err != nil {
				t.Errorf("max_payload %d, workbook of %d bytes: %v", maxPayload, size, err)
			}
			dst.discard()
		}
	}
}
