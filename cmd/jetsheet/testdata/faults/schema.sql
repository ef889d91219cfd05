-- Three tenants with three small sites each, and one site of every other kind: empty, one
-- whose statement fails, one whose id no subject holds, one slow enough for heartbeats,
-- and one of several chunks, incompressible.
create table sites (tenant_id text, id text, weight int, primary key (tenant_id, id));
create table records (tenant_id text, site text, n int, note text, divisor int default 1, recorded_at timestamptz default '2026-10-15T00:00:00Z', primary key (tenant_id, site, n));
insert into sites select 't' || t, 's' || s, 3 from generate_series(1, 3) t, generate_series(1, 3) s;
insert into sites values ('t1', 'empty', 0), ('t1', 'broken', 1), ('t2', repeat('long', 70), 1), ('t2', 'slow', 3), ('t3', 'wide', 50);
insert into records (tenant_id, site, n, note)
  select tenant_id, id, n, 'note ' || n from sites, generate_series(1, 3) n where id like 's%';
insert into records (tenant_id, site, n, note, divisor) values ('t1', 'broken', 1, 'divides by zero', 0);
insert into records (tenant_id, site, n, note)
  select 't3', 'wide', n, (select replace(string_agg(encode(sha512((n || '.' || k)::bytea), 'base64'), ''), E'\n', '') from generate_series(1, 340) k)
  from generate_series(1, 40) n;
