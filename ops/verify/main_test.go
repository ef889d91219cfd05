package verify

import (
	"testing"

	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

func TestMain(m *testing.M) { localtest.Main(m) }
