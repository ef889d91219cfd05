package ops

import (
	"encoding/json"
)

// editFlags is how routes are changed, in the words of a person who knows which.
const editFlags = "jetsheet flags promote GROUP ROUTE --reason TEXT"

// takeOver says how a run whose tenants are all routed legacy gets another route from
// the next run on: a document with groups group by group, one without by its default.
func takeOver(frozen json.RawMessage) string {
	const where = "to have jetsheet make them, from the next run on: "
	var document struct {
		Evaluators map[string]json.RawMessage `json:"$evaluators"`
	}
	if json.Unmarshal(frozen, &document) == nil && len(document.Evaluators) > 0 {
		return where + "jetsheet flags promote GROUP shadow --reason TEXT"
	}
	return where + "jetsheet flags promote --default new --force --reason TEXT"
}
