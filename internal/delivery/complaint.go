package delivery

// Complaint remembers for what reason something that is tried again and again has last
// failed, so that it is logged when it is new and not at every try. The zero value knows of
// none. It is not for concurrent use.
type Complaint struct{ text string }

// Changed takes note of how a try has ended and says whether that is a failure for another
// reason than the last one; nil ends the complaint.
func (c *Complaint) Changed(err error) bool {
	before := c.text
	c.text = ""
	if err != nil {
		c.text = err.Error()
	}
	return c.text != "" && c.text != before
}
