package jetsheet

import (
	"strconv"
	"strings"
)

// ValidTemplateName says whether a name is [a-z0-9-]{1,40}, like a report's.
func ValidTemplateName(name string) bool { return ValidReportName(name) }

// TemplateObject is the name of a template's bytes in the store [StoreTemplates]: the
// sha256 of the bytes in hex. It is written once and never changed or deleted, since a
// plan may name it.
func TemplateObject(digest string) string { return "file/" + digest }

// templateRevisions begins the names of revisions.
const templateRevisions = "revision/"

// TemplateRevisionObject is the name of a template's revision in the store
// [StoreTemplates], a link to its bytes. Revisions of a name count from 1 without a gap.
func TemplateRevisionObject(name string, revision int) string {
	return templateRevisions + name + "/" + strconv.Itoa(revision)
}

// ParseTemplateRevisionObject reads the name of a revision's object; ok is false for any
// other object of the store.
func ParseTemplateRevisionObject(object string) (name string, revision int, ok bool) {
	rest, ok := strings.CutPrefix(object, templateRevisions)
	name, number, found := strings.Cut(rest, "/")
	revision, err := strconv.Atoi(number)
	if !ok || !found || err != nil || !ValidTemplateName(name) || revision < 1 || TemplateRevisionObject(name, revision) != object {
		return "", 0, false
	}
	return name, revision, true
}
