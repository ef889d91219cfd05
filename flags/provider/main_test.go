package provider_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(watcherVariable); url != "" {
		if err := watchFlags(url); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	localtest.Main(m)
}
