package flags

import (
	"github.com/jetsheet/jetsheet"
)

// Routes answers which system makes a tenant's workbooks, from one flag document
// and nothing else. Make one with [Compile]. It may be used concurrently; nil and
// the zero value must not be used.
type Routes struct{ cutover cutover }

// Compile reads a flag document, most often the Flags of a [jetsheet.Frozen], and
// prepares its rules. The error wraps [ErrDocument]; whoever meets it must not start
// the run, for the other system may be able to read the document.
func Compile(document []byte) (*Routes, error) {
	d, err := ParseDocument(document)
	if err != nil {
		return nil, err
	}
	return &Routes{d.cutover}, nil
}

// Route returns the tenant's route. Every string has one, the same one at every
// call: [jetsheet.RouteLegacy] where the flag is disabled, leaves the choice open
// or cannot be evaluated. It is never [jetsheet.RouteNew] unless the document says so.
// It does not say that the run's plan has a workbook of the tenant, which freezing does not
// need; conversions.ops.routes answers that too.
func (r *Routes) Route(tenant string) jetsheet.Route {
	route, _ := r.cutover.route(tenant)
	return route
}

// Previous says whether the previous system makes the tenant's workbooks: the
// tenant is routed [jetsheet.RouteLegacy] or [jetsheet.RouteShadow].
func (r *Routes) Previous(tenant string) bool {
	route := r.Route(tenant)
	return route == jetsheet.RouteLegacy || route == jetsheet.RouteShadow
}

// Close ends the use of the routes. It holds nothing today and returns nil; routes go
// on giving the same answers afterwards: a late caller must not read another route.
func (r *Routes) Close() error { return nil }
