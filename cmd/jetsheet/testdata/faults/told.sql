-- One site whose statement fails, until its report is corrected, and two that are well.
create table sites (tenant_id text, id text, weight int, primary key (tenant_id, id));
create table records (tenant_id text, site text, n int, note text, divisor int default 1, recorded_at timestamptz default '2026-10-15T00:00:00Z', primary key (tenant_id, site, n));
insert into sites values ('t1', 's1', 3), ('t1', 'broken', 3), ('t2', 's1', 3);
insert into records (tenant_id, site, n, note, divisor) select tenant_id, id, n, 'note ' || n, case id when 'broken' then n - 2 else 1 end from sites, generate_series(1, 3) n;
