package report

import (
	"errors"
	"fmt"
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
	text, err := names.plain(filename)
	if err != nil {
		return invalid("output.filename", "%s", err)
	}
	t.Filename = safeFilename(text)
	return nil
}

// SheetNames renders the names of the workbook's sheets for a target that a
// [Resolver] made; a NULL is empty text. They are not yet what Excel allows: length,
// characters and repetition are the writer's business.
func (d *Definition) SheetNames(t *jetsheet.Target) ([]string, error) {
	zone, err := LoadZone(t.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("name the sheets of target %q: %w", t.Target, err)
	}
	names := d.names(t, zone, func(name string) (string, error) {
		if v, ok := t.Values[name]; ok {
			return v, nil
		}
		return "", errNull
	})
	sheets := make([]string, len(d.Workbook.Sheets))
	for i, sheet := range d.Workbook.Sheets {
		if sheets[i], err = names.plain(sheet.Name); err != nil {
			return nil, fmt.Errorf("name sheet %d of target %q: %w", i+1, t.Target, err)
		}
	}
	return sheets, nil
}

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
		holderFrom:   fromLabel(t.Period, zone),
		holderUntil:  untilLabel(t.Period, zone),
	}}
}

// plain renders text for people: values as they are, NULL as nothing.
func (n names) plain(p Pattern) (string, error) {
	return p.expand(func(name string) (string, error) {
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
