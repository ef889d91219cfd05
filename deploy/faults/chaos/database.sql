-- A user's database in small. Still tables do not change while a schedule is played, so
-- that every cell can be compared afterwards; those of "moving" change all the time.
create table sites (tenant_id text, id text, weight int, pause float8, primary key (tenant_id, id));
create table records (tenant_id text, site text, n int, note text, divisor int default 1, recorded_at timestamptz, primary key (tenant_id, site, n));

-- Six tenants with eight sites each; the last one of each is slow enough to be met at work.
insert into sites select 't' || t, 's' || s, s, case s when 8 then 1.2 else 0.03 end
  from generate_series(0, 5) t, generate_series(1, 8) s;
-- What is refused for good, what is empty, what is hostile, and what stumbles for five
-- seconds of every twenty.
insert into sites values
  ('t0', 'broken', 1, 0), ('t1', 'broken', 1, 0), ('t2', repeat('long', 70), 1, 0), ('t3', 'empty', 0, 0),
  ('t4', 'a/b.c *>', 1, 0.03), ('t5', '..', 1, 0.03), ('t1', 'stumbling', 1, 0.03), ('t4', 'stumbling', 1, 0.03);
insert into records select tenant_id, id, n, 'note ' || n, case id when 'broken' then 0 else 1 end, '2026-01-01T00:00:00Z'::timestamptz + n * interval '1 minute'
  from sites, generate_series(1, weight * 3) n;

create function stumble(site text) returns boolean language plpgsql volatile as $$
begin
  if site = 'stumbling' and extract(epoch from clock_timestamp())::bigint % 20 < 5 then
    raise exception 'could not serialize access' using errcode = '40001';
  end if;
  return true;
end $$;

-- Workbooks of several chunks, which do not shrink.
create table noise (tenant_id text, n int, bytes text, primary key (tenant_id, n));
alter table noise alter bytes set storage external;
insert into noise select 't' || t, n, (select replace(string_agg(encode(sha512((t || '.' || n || '.' || k)::bytea), 'base64'), ''), E'\n', '') from generate_series(1, 120) k)
  from generate_series(0, 2) t, generate_series(1, 150 + 50 * t) n;

-- A transaction changes all of a target: every row has its version, the amounts have one
-- sum.
create table heads (tenant_id text, id text, version int, primary key (tenant_id, id));
create table amounts (tenant_id text, site text, n int, version int, amount int, primary key (tenant_id, site, n));
insert into heads select 't' || t, 'm' || s, 0 from generate_series(0, 5) t, generate_series(1, 2) s;
insert into amounts select tenant_id, id, n, 0, 100 from heads, generate_series(1, 40) n;

-- What forms are filled with: two tenants with two sites, a picture in every row.
create table filled (tenant_id text, site text, n int, note text, picture text, primary key (tenant_id, site, n));
insert into filled select 'f' || t, 's' || s, n, 'note ' || n, (n % 2) || '.png' from generate_series(0, 1) t, generate_series(1, 2) s, generate_series(1, 6) n;
