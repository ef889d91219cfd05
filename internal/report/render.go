package report

import (
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/jetsheet/jetsheet"
)

// outputs sets the keys and the file name.
func (r *Resolver) outputs(t *jetsheet.Target, row []Value) *TargetError {
	column := func(name string) (string, error) {
		v := r.columns.get(row, name)
		if v.Null {
			return "", errNull
		}
		return v.Text, nil
	}
	names := r.d.names(t, r.zone(t.TimeZone).location, column)
	var err error
	if t.Key, err = names.key(r.d.Output.Key); err != nil {
		return invalid("output.key", "%s", err)
	}
	if t.Previous, err = names.key(r.d.Output.Previous); err != nil {
		return invalid("output.previous", "%s", err)
	}
	filename := r.d.Output.Filename
	if filename.IsZero() {
		filename = r.d.Output.Key.lastSegment()
	}
	text, err := names.plain(filename, nil)
	if err != nil {
		return invalid("output.filename", "%s", err)
	}
	t.Filename = safeFilename(text)
	return nil
}

// Texts renders the patterns of a workbook for one target.
type Texts struct {
	names names
	zone  *time.Location
}

// Texts returns the texts of a target that a [Resolver] made.
func (d *Definition) Texts(t *jetsheet.Target) (*Texts, error) {
	zone, err := LoadZone(t.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("name the sheets of target %q: %w", t.Target, err)
	}
	return &Texts{zone: zone, names: d.names(t, zone, func(name string) (string, error) {
		if v, ok := t.Values[name]; ok {
			return v, nil
		}
		return "", errNull
	})}, nil
}

// EmptyTexts are the texts as they are where every placeholder is empty: what is fixed of them.
func EmptyTexts() *Texts {
	return &Texts{names: names{column: func(string) (string, error) { return "", errNull }}}
}

// Text renders a pattern; a NULL is empty text. more are the names that the pattern's
// place knows besides, such as [HolderRows]; they come before all others. A sheet's name
// is not yet what Excel allows: length, characters and repetition are the writer's
// business.
func (x *Texts) Text(p Pattern, more map[string]string) string {
	// Only a column can be missing, which here is no error.
	text, _ := x.names.plain(p, more)
	return text
}

// Own are the values of what every pattern knows, by its name.
func (x *Texts) Own() map[string]string { return maps.Clone(x.names.own) }

// DataAsOf is the placeholder {dataAsOf} of records read at an instant.
func (x *Texts) DataAsOf(at time.Time) string { return at.In(x.zone).Format(time.DateTime) }

// names are the values of placeholders for one target.
type names struct {
	own    map[string]string
	column func(name string) (string, error)
}

func (d *Definition) names(t *jetsheet.Target, zone *time.Location, column func(string) (string, error)) names {
	return names{column: column, own: map[string]string{
		holderReport: d.Name,
		holderTitle:  d.Title,
		holderTenant: t.Tenant,
		holderTarget: t.Target,
		holderPeriod: t.Period.Label,
		HolderFrom:   fromLabel(t.Period, zone),
		HolderUntil:  untilLabel(t.Period, zone),
	}}
}

// plain renders text for people: values as they are, NULL as nothing. The names of more
// come first.
func (n names) plain(p Pattern, more map[string]string) (string, error) {
	return p.expand(func(name string) (string, error) {
		if v, ok := more[name]; ok {
			return v, nil
		}
		if v, ok := n.own[name]; ok {
			return v, nil
		}
		v, err := n.column(name)
		if errors.Is(err, errNull) {
			return "", nil
		}
		return v, err
	})
}

// key renders a key of an S3 object: ids as their tokens, other values so that they
// stay within their segment. The zero pattern gives "".
func (n names) key(p Pattern) (string, error) {
	if p.IsZero() {
		return "", nil
	}
	key, err := p.expand(func(name string) (string, error) {
		if name == holderTenant || name == holderTarget {
			return jetsheet.Token(n.own[name]), nil
		}
		if v, ok := n.own[name]; ok {
			return keyValue(v), nil
		}
		v, err := n.column(name)
		return keyValue(v), err
	})
	if err != nil {
		return "", err
	}
	return key, checkKey(key)
}

// Arguments are the parameters of the report's queries for one target, as
// PostgreSQL text under the names in [Statement.Params]; nil is NULL. The instants
// carry their offset, for a timestamptz.
func (d *Definition) Arguments(t *jetsheet.Target, tick time.Time) map[string]*string {
	args := d.TargetsArguments(tick)
	from, until := instantText(t.Period.From), instantText(t.Period.Until)
	args[paramTenant], args[paramTarget] = &t.Tenant, &t.Target
	args[paramFrom], args[paramUntil] = &from, &until
	for _, column := range d.RowParams() {
		args[RowParamPrefix+column] = nil
		if v, ok := t.Values[column]; ok {
			args[RowParamPrefix+column] = &v
		}
	}
	return args
}

// TargetsArguments are the parameters of the targets query; @from and @until are
// those of the report's own zone.
func (d *Definition) TargetsArguments(tick time.Time) map[string]*string {
	zone, err := LoadZone(d.TimeZone)
	if err != nil {
		zone = time.UTC // Parse has loaded it
	}
	period := d.PeriodAt(tick, zone)
	from, until, at, name := instantText(period.From), instantText(period.Until), instantText(tick), d.Name
	return map[string]*string{paramFrom: &from, paramUntil: &until, paramTick: &at, paramReport: &name}
}

// instantText is an instant as PostgreSQL reads a timestamptz in any DateStyle. It
// keeps microseconds.
func instantText(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.999999") + "+00" }
