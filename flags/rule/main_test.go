package rule_test

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	registerFlagd()
	os.Exit(m.Run())
}
