package intaketest

import (
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/intake"
)

// drawings are files with pictures drawn in SVG that run something, or refer to something outside.
func drawings() []File {
	const begin = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">`
	part := func(name string, cause intake.Cause, part, content string) File {
		return added("a drawing with "+name, cause, part, func() []entry { return []entry{store(part, []byte(content))} })
	}
	svg := func(name string, cause intake.Cause, content string) File {
		return part(name, cause, "xl/media/image2.svg", begin+content+"</svg>")
	}
	return []File{
		svg("a script", intake.CauseScript, `<script>fetch("http://example.com")</script>`),
		svg("a script in another name space", intake.CauseScript, `<g><s:SCRIPT xmlns:s="http://www.w3.org/2000/svg"/></g>`),
		svg("a handler", intake.CauseScript, `<rect onload="alert(1)"/>`),
		svg("an animated link", intake.CauseScript, `<a><set attributeName="xlink:href" to="javascript:alert(1)"/></a>`),
		svg("a page in it", intake.CauseExternalLink, `<foreignObject><div/></foreignObject>`),
		svg("a picture from elsewhere", intake.CauseExternalLink, `<image xlink:href="http://example.com/a.png"/>`),
		svg("a picture of a share", intake.CauseExternalLink, `<image href="\\server\share\a.png"/>`),
		svg("a drawing in it", intake.CauseExternalLink, `<image href="data:image/svg+xml;base64,PHN2Zy8+"/>`),
		svg("a link that is a script", intake.CauseExternalLink, `<a href="javascript:alert(1)"/>`),
		svg("another base", intake.CauseExternalLink, `<g xml:base="http://example.com/"><use href="#a"/></g>`),
		svg("a fill from elsewhere", intake.CauseExternalLink, `<rect fill="url( 'http://example.com/a#b')"/>`),
		svg("a second address", intake.CauseExternalLink, `<rect style="fill: url(#a); mask: URL(//example.com/a)"/>`),
		svg("a style from elsewhere", intake.CauseExternalLink, `<style>@im<!-- -->port "http://example.com/a.css"</style>`),
		svg("an escaped style", intake.CauseExternalLink, `<style>a { fill: u\72l(http://example.com/a) }</style>`),
		svg("a set of pictures", intake.CauseExternalLink, `<style>a { background: image-set("http://example.com/a" 1x) }</style>`),
		svg("a document type", intake.CauseDoctype, `<!DOCTYPE svg>`),
		part("a script under a document's name", intake.CauseScript, "xl/media/image2.xml", begin+`<script/></svg>`),
		part("the name of a picture of points", intake.CausePicture, "xl/media/image2.png", "\uFEFF\n"+begin+`</svg>`),
		part("a long tag", intake.CauseLongTag, "xl/media/image2.svg", begin+`<path d="`+strings.Repeat("L1 1 ", 300_000)+`"/></svg>`),
	}
}
