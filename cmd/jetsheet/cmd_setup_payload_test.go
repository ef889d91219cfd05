package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

// TestSetupChecksMaxPayload: a server that takes no workbook is refused, one that takes
// no large run record gets a warning, and both texts name setting and value.
func TestSetupChecksMaxPayload(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		maxPayload int32
		code       int
		want       string
	}{
		"too small": {256 << 10, exitUnreachable, fmt.Sprintf("it is 262144 bytes and workbooks need %d; set max_payload: 1MB", jetsheet.MinPayloadBytes)},
		"small":     {768 << 10, exitDone, "warning: max_payload of the NATS server is 786432 bytes: "},
		"default":   {0, exitDone, "things changed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := localtest.StartNATS(t, local.NATSOptions{Addr: "127.0.0.1:0", MaxPayloadBytes: test.maxPayload})
			store := localtest.StartS3(t, local.S3Options{})
			access, secret := store.Credentials()
			i := &installation{t: t, env: []string{
				"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "GOCOVERDIR=" + t.TempDir(),
				"JETSHEET_NATS_URL=" + server.URL(), "JETSHEET_S3_BUCKET=exports", "JETSHEET_S3_ENDPOINT=" + store.Endpoint(),
				"JETSHEET_S3_PATH_STYLE=true", "AWS_ACCESS_KEY_ID=" + access, "AWS_SECRET_ACCESS_KEY=" + secret,
				"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
			}}
			stdout, stderr := i.run(test.code, "setup")
			out := stdout + stderr
			if !strings.Contains(out, test.want) {
				t.Errorf("got %q, want %q in it", out, test.want)
			}
			if test.maxPayload == 0 && strings.Contains(out, "max_payload") {
				t.Errorf("a warning about the default:\n%s", out)
			}
		})
	}
}
