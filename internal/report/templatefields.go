package report

// TemplateFields are the names that a template's markers can use anywhere, beside the
// columns of targets: what placeholders are in other places.
func TemplateFields() []string { return append(ownPlaceholders(), HolderDataAsOf) }
