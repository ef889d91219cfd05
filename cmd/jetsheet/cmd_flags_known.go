package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet/flags"
	"github.com/jetsheet/jetsheet/ops"
)

// knownTenantList are the tenants that can be looked at, and where they are from.
type knownTenantList struct {
	tenants []string
	from    string
	// planned are those of the plans and of --tenants-file; nil where no plan was read.
	planned map[string]bool
}

// unplanned are the tenants that move and are known from documents alone.
func (l *knownTenantList) unplanned(moves []flags.Move) []string {
	var ids []string
	for _, m := range moves {
		if l.planned != nil && !l.planned[m.Tenant] {
			ids = append(ids, m.Tenant)
		}
	}
	return ids
}

// rescueLimit is how long plans are read before something that takes tenants back is stored:
// many days of many workbooks take longer, and who moves is decided without them.
const rescueLimit = time.Second

// knownTenants reads plans for as long as within, 0 for no limit.
func knownTenants(ctx context.Context, reader *ops.Reader, within time.Duration, more []string, documents ...*flags.Document) (*knownTenantList, error) {
	planned, err := reader.KnownTenants(ctx, within)
	if err != nil {
		return nil, err
	}
	list := &knownTenantList{tenants: slices.Concat(planned.Tenants, more)}
	if len(planned.Runs) > 0 {
		list.planned = map[string]bool{}
		for _, id := range list.tenants {
			list.planned[id] = true
		}
	}
	sources := []string{counted(int64(len(planned.Runs)), "plan") + " of " + counted(int64(len(planned.ByReport)), "report")}
	if planned.Cut {
		sources = append(sources, "older ones left out after "+within.String()+", --dry-run reads them")
	}
	if len(planned.Unread) > 0 {
		sources = append(sources, "not from "+counted(int64(len(planned.Unread)), "run")+" that cannot be read")
	}
	for _, d := range documents {
		list.tenants = append(list.tenants, d.Named()...)
	}
	slices.Sort(list.tenants)
	list.tenants = slices.Compact(list.tenants)
	if len(more) > 0 {
		sources = append(sources, "--tenants-file")
	}
	list.from = strings.Join(append(sources, "the document"), ", ")
	return list, nil
}
