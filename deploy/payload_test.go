package deploy_test

import (
	"errors"
	"testing"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

// A server that takes no chunk of a workbook is refused before anything is made.
func TestSmallMaxPayloadIsRefused(t *testing.T) {
	t.Parallel()
	for _, maxPayload := range []int32{jetsheet.ChunkBytes, jetsheet.MinPayloadBytes - 1, jetsheet.MinPayloadBytes} {
		_, js := localtest.Connect(t, localtest.StartNATS(t, local.NATSOptions{MaxPayloadBytes: maxPayload}))
		_, err := deploy.Provision(t.Context(), js, jetsheet.NewTopology(jetsheet.TopologyOptions{}), false)
		if maxPayload >= jetsheet.MinPayloadBytes {
			if err != nil {
				t.Errorf("max_payload %d: %v, want it to be enough", maxPayload, err)
			}
			continue
		}
		if !errors.Is(err, jetsheet.ErrMaxPayload) {
			t.Errorf("max_payload %d: error %v, want %v", maxPayload, err, jetsheet.ErrMaxPayload)
		}
		if made := streams(t, js); len(made) != 0 {
			t.Errorf("max_payload %d: %v were made, want nothing", maxPayload, made)
		}
	}
}
