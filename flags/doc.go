// Package flags decides which system makes a tenant's workbooks in a run: the
// previous one, this pipeline, both (to compare) or neither. It is imported by
// jetsheet and may be imported by the previous system.
package flags
