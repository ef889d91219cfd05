package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet/renderer/xlsx/intake"
	"github.com/jetsheet/jetsheet/renderer/xlsx/intake/intaketest"
)

// readingsReport is the report of the page about templates.
const readingsReport = `report: readings
period: month
targets: select tenant, site as target, name as site_name, count(*) as weight from readings group by tenant, site, name
queries:
  readings: select at, temperature from readings where tenant = @tenant and site = @target order by at
workbook: {template: readings}
output: {key: "{tenant}/{period}/{target}.xlsx"}
`

// TestTemplatesPage runs every block of the page about templates, in one shell.
func TestTemplatesPage(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the page is written for a POSIX shell")
	}
	r := newRunbookRig(t, buildNATS(t))
	r.execute("create table readings (tenant text, site text, name text, at timestamptz, temperature numeric)")
	r.execute("insert into readings values ('aoba', 'kitchen', '厨房', '2026-10-05 09:00+09', 3.5), ('aoba', 'kitchen', '厨房', '2026-10-06 09:00+09', 4)")
	form := []string{"{{site_name}}", "{{#readings}}{{at}}: {{temperature | decimal:1}}{{/readings}}"}
	files := map[string][]byte{"readings.yaml": []byte(readingsReport)}
	for name, texts := range map[string][]string{"form.xlsx": form, "form2.xlsx": append([]string{"承認"}, form...)} {
		var file bytes.Buffer
		if err := writeColumn(&file, texts); err != nil {
			t.Fatal(err)
		}
		files[name] = file.Bytes()
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(r.dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	shell := exec.CommandContext(t.Context(), "bash", "-eux")
	shell.Dir, shell.Env, shell.Stdin = r.dir, r.shellEnv, strings.NewReader(pageScript(t, readPage(t, "templates")))
	shell.WaitDelay = 30 * time.Second
	output, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("the page's commands: %v\n%s", err, output)
	}
	if got := sheetRows(t, filepath.Join(r.dir, "filled.xlsx")); got != 4 {
		t.Errorf("filled.xlsx has %d rows, want a header, the site and two readings\n%s", got, output)
	}
	for _, file := range []string{"back.xlsx", "copy.xlsx"} {
		if got, err := os.ReadFile(filepath.Join(r.dir, file)); err != nil || !bytes.Equal(got, files["form.xlsx"]) {
			t.Errorf("%s is not the first revision: %d bytes, %v\n%s", file, len(got), err, output)
		}
	}
}

// TestTemplatesPageNamesCauses holds that the page names causes that there are.
func TestTemplatesPageNamesCauses(t *testing.T) {
	t.Parallel()
	known := []string{string(intake.CauseTooCostly)} // which no file has, see TestInspectionEndsByItsLimits
	for _, file := range intaketest.Hostile() {
		known = append(known, string(file.Cause))
	}
	_, refused, _ := strings.Cut(readPage(t, "templates"), "## What is refused")
	named := regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(refused, -1)
	if len(named) < 20 {
		t.Errorf("the page names %d causes, want 20 or more", len(named))
	}
	for _, match := range named {
		if match[1] != "templates" && !slices.Contains(known, match[1]) {
			t.Errorf("the page names the cause %q, which no file has", match[1])
		}
	}
}
