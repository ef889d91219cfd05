-- One workbook of more than 64 MiB, for which the uploader needs parts, and two small ones.
create table sites (tenant_id text, id text, weight int, primary key (tenant_id, id));
create table records (tenant_id text, site text, n int, note text, divisor int default 1, recorded_at timestamptz default '2026-10-15T00:00:00Z', primary key (tenant_id, site, n));
insert into sites values ('t1', 's1', 3), ('t2', 's1', 3), ('t3', 'huge', 50);
insert into records (tenant_id, site, n, note)
  select tenant_id, id, n, 'note ' || n from sites, generate_series(1, 3) n where id like 's%';
alter table records alter note set storage external;
insert into records (tenant_id, site, n, note)
  select 't3', 'huge', n, (select replace(string_agg(encode(sha512((n || '.' || k)::bytea), 'base64'), ''), E'\n', '') from generate_series(1, 340) k)
  from generate_series(1, 3200) n;
