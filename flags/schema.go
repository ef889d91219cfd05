package flags

import (
	_ "embed"
)

//go:embed cutover.schema.json
var schema string

// Schema returns the JSON Schema of flag documents, for editors. It builds on flagd's.
// [ParseDocument] refuses more than it does: what rules mean is beyond a schema.
func Schema() string { return schema }
