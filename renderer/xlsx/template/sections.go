package template

import (
	"bytes"
	"strings"
)

// sections are what of XML runs to an end of its own, whatever tags are in it.
var sections = []struct{ begin, end string }{{cdata, "]]>"}, {"<!--", "-->"}, {"<?", "?>"}}

const cdata = "<![CDATA["

// withoutSections writes a part's CDATA sections as the text that they are, and leaves out comments
// and processing instructions, so that nothing else has to know them: some programs write cells'
// texts with them. What does not end is left for who reads it.
func withoutSections(content []byte) []byte {
	declared := bytes.IndexByte(content, '<') // the XML declaration, where there is one
	if declared < 0 || !bytes.Contains(content, []byte("<!")) && !bytes.Contains(content[declared+1:], []byte("<?")) {
		return content
	}
	e := newEdit(content)
	for {
		i := bytes.IndexByte(content[e.at:], '<')
		if i < 0 {
			return e.bytes()
		}
		start := e.at + i
		e.at = start + 1
		for _, s := range sections {
			if !bytes.HasPrefix(content[start:], []byte(s.begin)) {
				continue
			}
			if err := e.skip(start+len(s.begin), s.end); err != nil {
				return e.bytes()
			}
			switch text := content[start+len(s.begin) : e.at-len(s.end)]; {
			case s.begin == cdata:
				e.replace(start, e.at, []byte(escape(lineEnds.Replace(string(text)))))
			case start != declared:
				e.replace(start, e.at, nil)
			}
			break
		}
	}
}

// lineEnds are those of XML's text, whatever the file has.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")
