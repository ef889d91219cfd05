package sample

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// DefaultTenants is the number of tenants that Options with none ask for. With
// the three report definitions it gives between 400 and 620 workbooks, at least
// 300 of them with rows and two of them with more than 20,000.
const DefaultTenants = 60

// Options says what Load makes up.
type Options struct {
	// Tenants is the number of customers, 1 to 100,000; 0 is DefaultTenants.
	// Sizes follow a Zipf law, so the largest customer grows with the number.
	Tenants int
	// Month is any instant of the month to fill, as Tokyo's calendar has it. The
	// first and last days around it get records too. Required.
	Month time.Time
	// Months is how many months to fill, Month being the last; less than one is one.
	Months int
	// Seed chooses the records. Zero is a seed like any other.
	Seed uint64
}

func (o Options) withDefaults() (Options, error) {
	if o.Tenants == 0 {
		o.Tenants = DefaultTenants
	}
	if o.Tenants < 1 || o.Tenants > 100_000 {
		return o, fmt.Errorf("sample of %d tenants: between 1 and 100000 are possible", o.Tenants)
	}
	if o.Month.IsZero() {
		return o, errors.New("sample without a month: set Options.Month")
	}
	o.Months = max(1, o.Months)
	return o, nil
}

// Stats counts the rows that Load wrote.
type Stats struct {
	Tenants      int64
	Sites        int64
	Temperatures int64
	Inspections  int64
	Cleanings    int64
	HandWashes   int64
	Facilities   int64
}

// Rows is the number of records, without tenants and sites.
func (s Stats) Rows() int64 {
	return s.Temperatures + s.Inspections + s.Cleanings + s.HandWashes + s.Facilities
}

// Load creates the sample's tables through conn, fills them and analyzes them,
// in one transaction: on an error nothing is left. It fails when one of the
// tables exists already. Memory holds the names of all sites and the records of
// one site.
//
// Load needs the time zone database; a program that runs where the system has
// none imports time/tzdata.
func Load(ctx context.Context, conn *pgx.Conn, options Options) (Stats, error) {
	options, err := options.withDefaults()
	if err != nil {
		return Stats{}, err
	}
	tenants, err := makeTenants(options)
	if err != nil {
		return Stats{}, err
	}
	schema, err := Schema()
	if err != nil {
		return Stats{}, err
	}
	var stats Stats
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, schema); err != nil {
			return fmt.Errorf("create the sample's tables: %w", err)
		}
		return fill(ctx, tx, tenants, options.Seed, &stats)
	})
	if err != nil {
		return Stats{}, err
	}
	return stats, nil
}

// table is one COPY: the rows of each site in turn, or of each tenant.
type table struct {
	name    string
	columns []string
	rows    chunks
	count   *int64 // nil: of no interest to the caller
	serial  bool   // the id column continues after what was copied
}

func fill(ctx context.Context, tx pgx.Tx, tenants []tenant, seed uint64, stats *Stats) error {
	for _, t := range tables(tenants, seed, stats) {
		if err := t.load(ctx, tx); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `analyze`); err != nil {
		return fmt.Errorf("analyze the sample's tables: %w", err)
	}
	return nil
}

func tables(tenants []tenant, seed uint64, stats *Stats) []table {
	return []table{
		{
			name:    "tenants",
			columns: []string{"id", "name", "usage_group", "time_zone", "language", "closing_day", "created_at"},
			rows:    perTenant(tenants, appendTenant), count: &stats.Tenants,
		},
		{
			name:    "sites",
			columns: []string{"tenant_id", "id", "name", "opened_on"},
			rows:    perTenant(tenants, appendSites), count: &stats.Sites,
		},
		{
			name:    "forms",
			columns: []string{"tenant_id", "form", "title"},
			rows:    perTenant(tenants, appendForms),
		},
		{
			name:    "form_fields",
			columns: []string{"tenant_id", "form", "key", "label", "position", "input", "format"},
			rows:    perTenant(tenants, appendFormFields),
		},
		{
			name:    "excel_forms",
			columns: []string{"tenant_id", "form"},
			rows:    perTenant(tenants, appendExcelForm),
		},
		{
			name: "temperature_records",
			columns: []string{
				"id", "tenant_id", "site_id", "device", "recorded_at", "temperature", "in_range", "recorded_by", "note",
			},
			rows: perSite(tenants, seed, "temperature", appendTemperatures), count: &stats.Temperatures, serial: true,
		},
		{
			name:    "inspections",
			columns: []string{"id", "tenant_id", "site_id", "form", "inspected_at", "inspector", "answers"},
			rows:    perSite(tenants, seed, "inspection", appendInspections), count: &stats.Inspections,
		},
		{
			name: "cleaning_logs",
			columns: []string{
				"id", "tenant_id", "site_id", "cleaned_on", "area", "started_at", "duration", "done", "checked_on", "staff", "note",
			},
			rows: perSite(tenants, seed, "cleaning", appendCleanings), count: &stats.Cleanings, serial: true,
		},
		{
			name: "hand_wash_checks",
			columns: []string{
				"id", "tenant_id", "site_id", "washed_at", "staff", "nails_short", "no_wounds", "water_degree", "seconds",
			},
			rows: perSite(tenants, seed, "hand-wash", appendHandWashes), count: &stats.HandWashes, serial: true,
		},
		{
			name: "facility_inspections",
			columns: []string{
				"id", "tenant_id", "site_id", "inspected_at", "inspector", "weather", "inspector_signature", "witness_signature",
			},
			rows: perSite(tenants, seed, "facility", appendFacility), count: &stats.Facilities,
		},
		{
			name:    "facility_items",
			columns: []string{"inspection_id", "position", "area", "item", "result", "remark"},
			rows:    perSite(tenants, seed, "facility", appendFacilityItems),
		},
		{
			name:    "facility_photos",
			columns: []string{"inspection_id", "position", "place", "taken_at", "finding", "action", "photo"},
			rows:    perSite(tenants, seed, "facility", appendFacilityPhotos),
		},
	}
}

func (t table) load(ctx context.Context, tx pgx.Tx) error {
	n, err := copyInto(ctx, tx, t.name, t.columns, t.rows)
	if err != nil {
		return fmt.Errorf("fill the sample's table %s: %w", t.name, err)
	}
	if t.count != nil {
		*t.count = n
	}
	if !t.serial {
		return nil
	}
	// The application goes on inserting after the copied ids.
	next := `select setval(pg_get_serial_sequence($1, 'id'), $2 + 1, false)`
	if _, err := tx.Exec(ctx, next, t.name, n); err != nil {
		return fmt.Errorf("set the next id of the sample's table %s: %w", t.name, err)
	}
	return nil
}
