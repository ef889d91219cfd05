package forms

import (
	"embed"
	"io/fs"
)

//go:embed *.yaml
var definitions embed.FS

// Reports returns the definitions of the reports that fill the forms, *.yaml files at its
// root. Each names the template of its own name.
func Reports() fs.FS { return definitions }

// Templates draws the forms, each under the name by which its report asks for it. The same
// bytes come out each time.
func Templates() (map[string][]byte, error) {
	temperature, err := Temperature()
	if err != nil {
		return nil, err
	}
	facility, err := Facility()
	if err != nil {
		return nil, err
	}
	return map[string][]byte{"refrigerator-weekly": temperature, "facility-inspection": facility}, nil
}
