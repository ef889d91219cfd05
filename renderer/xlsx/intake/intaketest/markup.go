package intaketest

import (
	"bytes"
	"strings"
	"unicode/utf16"

	"github.com/jetsheet/jetsheet/renderer/xlsx/intake"
)

// markup are files whose XML is hostile.
func markup() []File {
	const theme = "xl/theme/theme1.xml"
	document := func(name string, cause intake.Cause, content func() string) File {
		return File{name, cause, theme, func() []byte { return form().with(theme, content()).zip() }}
	}
	constant := func(name string, cause intake.Cause, content string) File {
		return document(name, cause, func() string { return content })
	}
	return []File{
		constant("a DOCTYPE", intake.CauseDoctype, header+`<!DOCTYPE a SYSTEM "http://example.com/a.dtd"><a/>`),
		constant("a doctype in small letters", intake.CauseDoctype, `<!doctype a><a/>`),
		constant("a DOCTYPE far into a part", intake.CauseDoctype, strings.Repeat(" ", 4094)+"<!DOCTYPE a><a/>"),
		constant("entities that grow", intake.CauseEntity, `<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>`),
		constant("an entity from a file", intake.CauseEntity, `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`),
		constant("an entity that is not declared", intake.CauseMarkup, `<a>&b;</a>`),
		constant("a part cut off", intake.CauseMarkup, `<a><b></b>`),
		constant("a style sheet from elsewhere", intake.CauseExternalLink, `<?xml version="1.0"?><?xml-stylesheet href="http://example.com/a.css"?><a/>`),
		constant("two roots", intake.CauseMarkup, `<a/><b/>`),
		constant("tags that do not match", intake.CauseMarkup, `<a><b></a></b>`),
		constant("an empty part", intake.CauseMarkup, ``),
		constant("a part of another encoding", intake.CauseEncoding, `<?xml version="1.0" encoding="UTF-7"?><a/>`),
		document("a part in UTF-16 with a DOCTYPE", intake.CauseEncoding, func() string {
			var b bytes.Buffer
			put(&b, utf16.Encode([]rune("\uFEFF<!DOCTYPE a><a/>")))
			return b.String()
		}),
		document("elements nested deep", intake.CauseDepth, func() string {
			return strings.Repeat("<a>", 100_000) + strings.Repeat("</a>", 100_000)
		}),
		document("a million attributes", intake.CauseLongTag, func() string {
			return "<a" + strings.Repeat(` b=""`, 1_000_000) + "/>"
		}),
		document("a text of megabytes", intake.CauseLongTag, func() string {
			return "<a>" + numbered("%d ", 300_000) + "</a>"
		}),
		added("more XML than all limits", intake.CauseTooLarge, "XML", func() []entry {
			return copies(pack("", "<r>"+strings.Repeat(numbered("<c>%d</c>", 500), 200)+"</r>"), "xl/theme/t%d.xml", 30)
		}),
	}
}
