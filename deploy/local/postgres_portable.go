package local

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

// portableVersion is the portable build that is downloaded where no server is installed.
const portableVersion = embeddedpostgres.V17

// portableBinaries returns the portable build from the user's cache, downloading it the first time (about 30 MB).
func portableBinaries(ctx context.Context) (binaries, error) {
	if os.Getuid() == 0 {
		// The library runs what it downloads as the current user, and PostgreSQL refuses root.
		return binaries{}, errors.New("it cannot be prepared as root")
	}
	cache, err := stateDir("portable")
	if err != nil {
		return binaries{}, err
	}
	final := filepath.Join(cache, string(portableVersion))
	held, err := lockFile(ctx, final+".lock", exclusive)
	if err != nil {
		return binaries{}, err
	}
	defer held.unlock()
	if b, err := inspect(ctx, filepath.Join(final, "bin")); err == nil {
		return b, nil
	}
	if err := download(cache, final); err != nil {
		return binaries{}, err
	}
	return inspect(ctx, filepath.Join(final, "bin"))
}

// download fetches and unpacks the build. The library does so only as a part of starting a server, so one is started
// on a free port and stopped again; that also proves that the build runs on this machine.
func download(cache, final string) error {
	staging, err := os.MkdirTemp(cache, "staging-")
	if err != nil {
		return err
	}
	defer removeQuietly(staging)
	port, err := freePort()
	if err != nil {
		return err
	}
	unpacked := filepath.Join(staging, "build")
	server := embeddedpostgres.NewDatabase(embeddedpostgres.DefaultConfig().
		Version(portableVersion).Port(port).Password(rand.Text()).Logger(io.Discard).
		CachePath(filepath.Join(cache, "archives")).BinariesPath(unpacked).
		RuntimePath(filepath.Join(staging, "run")).DataPath(filepath.Join(staging, "data")))
	if err := server.Start(); err != nil {
		return fmt.Errorf("download the portable postgresql %s: %w", portableVersion, err)
	}
	if err := server.Stop(); err != nil {
		return fmt.Errorf("stop the portable postgresql: %w", err)
	}
	removeQuietly(final) // a broken earlier one
	return os.Rename(unpacked, final)
}

func freePort() (uint32, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a port that is given back at once
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = l.Close() }()
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok || addr.Port < 0 || addr.Port > math.MaxUint16 {
		return 0, fmt.Errorf("find a free port: odd address %s", l.Addr())
	}
	return uint32(addr.Port), nil
}

// removeQuietly removes something that is in nobody's way if it stays.
func removeQuietly(path string) { _ = os.RemoveAll(path) }
