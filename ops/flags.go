package ops

import (
	"encoding/json"

	"github.com/jetsheet/jetsheet"
)

// editFlags is how a flag document of any size is changed.
const editFlags = "nats kv get flags cutover --raw > cutover.json, change it, then: nats kv put flags cutover < cutover.json"

// takeOver says how a run whose tenants are all routed legacy gets another route from
// the next run on. Where the frozen document holds nothing but its default, the whole
// command is given; one with groups is a person's to change.
func takeOver(frozen json.RawMessage) string {
	const where = "to have jetsheet make them, from the next run on: "
	document, ok := withDefault(frozen, jetsheet.RouteNew)
	if !ok {
		return where + "route tenants new: " + editFlags
	}
	return where + "nats kv put flags cutover " + shellQuote(string(document))
}

// flagDocument is as much of a flag document as is changed here.
type flagDocument struct {
	Schema     string                `json:"$schema,omitempty"`
	Evaluators json.RawMessage       `json:"$evaluators,omitempty"`
	Metadata   map[string]string     `json:"metadata"`
	Flags      map[string]cutoverDoc `json:"flags"`
}

type cutoverDoc struct {
	State          string            `json:"state"`
	Variants       map[string]string `json:"variants"`
	DefaultVariant string            `json:"defaultVariant"`
	Targeting      json.RawMessage   `json:"targeting,omitempty"`
	Metadata       json.RawMessage   `json:"metadata,omitempty"`
}

// withDefault returns a document with another default route. It is not ok where the
// document decides by more than its default, or has no variant of that route.
func withDefault(document []byte, route jetsheet.Route) (changed []byte, ok bool) {
	var d flagDocument
	if err := json.Unmarshal(document, &d); err != nil || len(d.Evaluators) > 0 || len(d.Flags) != 1 {
		return nil, false
	}
	flag, found := d.Flags[jetsheet.FlagsKey]
	if !found || len(flag.Targeting) > 0 || flag.State != "ENABLED" || flag.Variants[string(route)] != string(route) {
		return nil, false
	}
	flag.DefaultVariant = string(route)
	d.Flags[jetsheet.FlagsKey] = flag
	// Who stores it is not who wrote the document it comes from.
	d.Metadata = map[string]string{"reason": "every tenant is routed " + string(route)}
	changed, err := json.Marshal(&d)
	return changed, err == nil
}
