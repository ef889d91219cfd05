package flags

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jetsheet/jetsheet"
)

// The methods here return a changed copy, checked like any document. Keys of objects come
// out in alphabetical order, an "if" that ends with another one as one; rules that are not
// addressed stay as they are.

// WithDefault changes [Document.DefaultRoute]. A rule that decides for every tenant is in
// the way: the default would be another one and nobody would follow it.
func (d *Document) WithDefault(route jetsheet.Route) (*Document, error) {
	if d.Enabled() && d.DefaultRoute() == route {
		return d, nil
	}
	changed, err := d.withDefault(route)
	if err != nil {
		return nil, err
	}
	followed, err := d.followed(changed)
	if err == nil && !followed {
		err = errors.New("nobody follows the default: a rule of the document decides for every tenant; change the rule in a file, from \"jetsheet flags get --raw\", and store that with: jetsheet flags set FILE --reason TEXT")
	}
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// followed says whether any tenant has another route in a document that only has another
// default. A hold of everybody, which ends some day, is left out.
func (d *Document) followed(changed *Document) (bool, error) {
	before, err := d.ReleaseAll()
	if err != nil {
		return false, err
	}
	after, err := changed.ReleaseAll()
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(slices.Concat(strangers(), kin(before)), func(id string) bool {
		from, _ := before.cutover.route(id)
		to, _ := after.cutover.route(id)
		return from != to
	}), nil
}

func (d *Document) withDefault(route jetsheet.Route) (*Document, error) {
	return d.edit(func(flag map[string]json.RawMessage, c *chain) error {
		variant, err := variantFor(flag, route)
		if err != nil {
			return err
		}
		if c.otherVariant() != "" { // it would decide in the place of the default variant
			c.otherwise = nil
		}
		flag["defaultVariant"] = encoded(variant)
		return nil
	})
}

// WithGroup changes the route of a group: one of the document's $evaluators.
func (d *Document) WithGroup(group string, route jetsheet.Route) (*Document, error) {
	if !slices.ContainsFunc(d.Groups(), func(g Group) bool { return g.Name == group }) {
		return nil, fmt.Errorf("there is no group %q in $evaluators; known are %s", group, someNames(d.Groups()))
	}
	return d.edit(func(flag map[string]json.RawMessage, c *chain) error {
		variant, err := variantFor(flag, route)
		if err != nil {
			return err
		}
		c.setGroup(group, variant)
		return nil
	})
}

func someNames(groups []Group) string {
	names := make([]string, 0, len(groups))
	for _, g := range groups {
		names = append(names, g.Name)
	}
	if len(names) == 0 {
		return "none: add them to a file with the document and store that with: jetsheet flags set FILE --reason TEXT"
	}
	return strings.Join(names, ", ")
}

// WithTenant gives one tenant a route of its own, whatever its groups have.
func (d *Document) WithTenant(tenant string, route jetsheet.Route) (*Document, error) {
	if tenant == "" {
		return nil, errors.New("a tenant without an id has no route of its own")
	}
	return d.edit(func(flag map[string]json.RawMessage, c *chain) error {
		variant, err := variantFor(flag, route)
		if err != nil {
			return err
		}
		first := 0
		if d.beginsHeld(*c) {
			first = 1
		}
		c.setTenant(tenant, variant, first)
		return nil
	})
}

// WithoutTenant takes a tenant's own route away: its groups decide again, or the default.
// A tenant without one is an error.
func (d *Document) WithoutTenant(tenant string) (*Document, error) {
	return d.edit(func(_ map[string]json.RawMessage, c *chain) error {
		if !c.dropTenant(tenant) {
			return fmt.Errorf("tenant %q has no route of its own", tenant)
		}
		return nil
	})
}

// HoldAll routes every tenant hold, before everything else that the document says. What
// it says stays and decides again after [Document.ReleaseAll].
func (d *Document) HoldAll() (*Document, error) {
	return d.change(func(flag map[string]json.RawMessage, c *chain) error {
		variant, err := variantFor(flag, jetsheet.RouteHold)
		if err != nil {
			return err
		}
		if !d.beginsHeld(*c) {
			c.pairs = slices.Insert(c.pairs, 0, pair{json.RawMessage("true"), encoded(variant)})
		}
		return nil
	})
}

// ReleaseAll undoes [Document.HoldAll].
func (d *Document) ReleaseAll() (*Document, error) {
	return d.edit(func(_ map[string]json.RawMessage, c *chain) error {
		for d.beginsHeld(*c) {
			c.pairs = c.pairs[1:]
		}
		return nil
	})
}

// Text returns the document as it is stored: laid out for people, unless only
// [Document.JSON] is short enough.
func (d *Document) Text() []byte {
	var b bytes.Buffer
	layOut(&b, d.canonical, "")
	b.WriteByte('\n')
	if b.Len() > MaxDocumentBytes {
		return d.canonical
	}
	return b.Bytes()
}

// edit changes a cutover flag that is enabled: what else it says would begin to act.
func (d *Document) edit(change func(flag map[string]json.RawMessage, c *chain) error) (*Document, error) {
	if !d.Enabled() {
		return nil, errors.New("the flag is DISABLED, which routes every tenant legacy whatever else it says; enable it in a file and store that with: jetsheet flags set FILE --reason TEXT")
	}
	return d.change(change)
}

// change changes the cutover flag. A document that is changed is no longer what setup
// wrote.
func (d *Document) change(change func(flag map[string]json.RawMessage, c *chain) error) (*Document, error) {
	top, all, flag := d.parts()
	c := parseChain(flag["targeting"])
	if err := change(flag, &c); err != nil {
		return nil, err
	}
	flag["state"] = encoded("ENABLED")
	delete(flag, "targeting")
	if rule := c.rule(); rule != nil {
		flag["targeting"] = rule
	}
	if d.Initial() {
		delete(top, "metadata")
	}
	all[FlagKey] = encoded(flag)
	top["flags"] = encoded(all)
	changed, err := ParseDocument(encoded(top))
	if err != nil {
		return nil, fmt.Errorf("the changed document: %w", err)
	}
	return changed, nil
}

// parts are the objects on the way to the cutover flag; they are the caller's to change.
func (d *Document) parts() (top, all, flag map[string]json.RawMessage) {
	for _, object := range []struct {
		raw  func() json.RawMessage
		into *map[string]json.RawMessage
	}{
		{func() json.RawMessage { return d.canonical }, &top},
		{func() json.RawMessage { return top["flags"] }, &all},
		{func() json.RawMessage { return all[FlagKey] }, &flag},
	} {
		if err := json.Unmarshal(object.raw(), object.into); err != nil {
			panic("flags: a parsed document: " + err.Error())
		}
	}
	return top, all, flag
}

// variantFor is the name of the variant with a route; one that the flag does not have is
// added to it.
func variantFor(flag map[string]json.RawMessage, route jetsheet.Route) (string, error) {
	if !route.Valid() {
		return "", fmt.Errorf("%q is not a route: %q, %q, %q or %q", route, jetsheet.RouteLegacy, jetsheet.RouteShadow, jetsheet.RouteNew, jetsheet.RouteHold)
	}
	var variants map[string]jetsheet.Route
	if err := json.Unmarshal(flag["variants"], &variants); err != nil {
		return "", err
	}
	var names []string
	for name, of := range variants {
		if of == route {
			names = append(names, name)
		}
	}
	if slices.Contains(names, string(route)) {
		return string(route), nil
	}
	if len(names) > 0 {
		return slices.Min(names), nil
	}
	name := string(route)
	for variants[name] != "" { // another route has it
		name += "-route"
	}
	variants[name] = route
	flag["variants"] = encoded(variants)
	return name, nil
}
