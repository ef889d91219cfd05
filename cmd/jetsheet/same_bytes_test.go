package main

import (
	"bytes"
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
	}
	if found := r.verify(r.record(newest), "", true); !found.Sound() || found.Published != 5 {
		t.Errorf("the newest run: %d published, %s", found.Published, problemsText(found))
	}
}
