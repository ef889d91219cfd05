//go:build unix

package peak

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
)

const (
	// holdVariable has the test's own program hold memory and end.
	holdVariable = "JETSHEET_TEST_PEAK_HOLD"
	held         = 64 << 20
)

func TestMain(m *testing.M) {
	if os.Getenv(holdVariable) == "" {
		os.Exit(m.Run())
	}
	kept := make([]byte, held)
	for i := 0; i < len(kept); i += 4096 {
		kept[i] = 1
	}
	runtime.KeepAlive(kept)
}

// TestPeaksAreInBytes: a unit that is wrong is wrong by a factor of 1,024.
func TestPeaksAreInBytes(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), self)
	command.Env = append(os.Environ(), holdVariable+"=1")
	if err := command.Run(); err != nil {
		t.Fatal(err)
	}
	if got := OfProcess(command.ProcessState); got < held || got > 16*held {
		t.Errorf("process that held %d bytes: got a peak of %d", held, got)
	}
	if got, err := OfSelf(); err != nil || got < 1<<20 || got > 16*held {
		t.Errorf("this process: got a peak of %d bytes, %v", got, err)
	}
}
