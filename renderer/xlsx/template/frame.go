package template

// frameXML gives what is before and behind the rows of a page.
func (p *page) frameXML() (head, tail []byte, err error) {
	return append([]byte{}, p.sheet.head...), p.sheet.tail, nil
}
