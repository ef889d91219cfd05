package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/uploader"
)

// A closed run that is made again gives the same files where its records are the same,
// each as an object of the newer run, and others only where they changed.
func TestReRunOfTheSameRecordsIsTheSameFile(t *testing.T) {
	t.Parallel()
	r := newVerifyRig(t, localtest.Database(t, local.SQLTemplate(readTestdata(t, "verify", "schema.sql"))))
	id := r.make(verifyTick, readTestdata(t, "verify", "report.yaml"))[0]
	r.keep(id)
	newer := r.again(id)
	for key, before := range r.objects {
		after := r.get(key)
		if after.meta[uploader.MetaRun] != newer.String() || after.meta[uploader.MetaSHA256] != before.meta[uploader.MetaSHA256] || !bytes.Equal(after.body, before.body) {
			t.Errorf("%s is of the run %s with sha256 %s, want the bytes with %s in the run %s",
				key, after.meta[uploader.MetaRun], after.meta[uploader.MetaSHA256], before.meta[uploader.MetaSHA256], newer)
		}
	}
	r.sql(`update records set note = 'corrected' where tenant_id = 'a' and site = 'one' and n = 12`)
	newest := r.again(newer)
	for key, before := range r.objects {
		after := r.get(key)
		changed := strings.HasSuffix(key, "/one.xlsx") && strings.HasPrefix(key, "a/")
		if after.meta[uploader.MetaRun] != newest.String() || bytes.Equal(after.body, before.body) == changed {
			t.Errorf("%s is of the run %s, changed: %v, want the run %s and %v",
				key, after.meta[uploader.MetaRun], !bytes.Equal(after.body, before.body), newest, changed)
		}
		if changed {
			r.comparesTo(before.body, after.body, "Site one K13 value note 12 corrected", "whose C13 value note 12 corrected")
		}
	}
	if found := r.verify(r.record(newest), "", true); !found.Sound() || found.Published != 5 {
		t.Errorf("the newest run: %d published, %s", found.Published, problemsText(found))
	}
}

// comparesTo has the command compare two workbooks: it tells these differences and no others.
func (r *verifyRig) comparesTo(a, b []byte, want ...string) {
	r.t.Helper()
	dir := r.t.TempDir()
	names := []string{filepath.Join(dir, "a.xlsx"), filepath.Join(dir, "b.xlsx")}
	for i, body := range [][]byte{a, b} {
		if err := os.WriteFile(names[i], body, 0o600); err != nil {
			r.t.Fatal(err)
		}
	}
	told, _ := r.process(exitDifferences, nil, "compare", names[0], names[1])
	var got []string
	for line := range strings.Lines(told) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	if len(got) != len(want)+2 || !slices.Equal(got[1:len(want)+1], want) {
		r.t.Errorf("compare tells %q, want %q", got, want)
	}
}
