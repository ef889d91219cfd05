-- Two tenants with two sites each; the second tenant's workbooks are compared with the
-- previous system's. Every record has a picture in the bucket, under the tenant's prefix.
create table sites (tenant_id text, id text, weight int, primary key (tenant_id, id));
create table records (tenant_id text, site text, n int, note text, picture text, recorded_at timestamptz default '2026-10-15T00:00:00Z', primary key (tenant_id, site, n));
insert into sites select 't' || t, 's' || s, 3 from generate_series(1, 2) t, generate_series(1, 2) s;
insert into records (tenant_id, site, n, note, picture) select tenant_id, id, n, 'note ' || n, (n % 2) || '.png' from sites, generate_series(1, 3) n;
