package jetsheet_test

import (
	"testing"

	"github.com/jetsheet/jetsheet"
)

func TestTemplateRevisionObject(t *testing.T) {
	t.Parallel()
	name, revision, ok := jetsheet.ParseTemplateRevisionObject(jetsheet.TemplateRevisionObject("site-check", 12))
	if name != "site-check" || revision != 12 || !ok {
		t.Errorf("got %q, %d, %t", name, revision, ok)
	}
	for _, object := range []string{
		"", "revision/", "revision/a", "revision/a/0", "revision/a/-1", "revision/a/01", "revision/a/1/2", "revision//1", "revision/A/1",
		"revision/../1", jetsheet.TemplateObject("ab"),
	} {
		if name, revision, ok := jetsheet.ParseTemplateRevisionObject(object); ok {
			t.Errorf("%q is read as revision %d of %q", object, revision, name)
		}
	}
}
