-- Two tenants with a target of the same name. The records of "bound" are guarded by a
-- policy that lets an unset tenant through, as many have it: then it shows nothing.
create table sites (tenant_id text, id text, primary key (tenant_id, id));
create table records (tenant_id text, site text, n int, note text);
create table bound (tenant_id text, site text, n int, note text);
insert into sites select tenant, 'one' from unnest(array['a', 'b']) tenant;
insert into records select tenant_id, id, n, 'note ' || n || ' of ' || tenant_id from sites, generate_series(1, 3) n;
insert into bound select * from records;
alter table bound enable row level security;
create policy own on bound using (tenant_id = current_setting('app.tenant', true));

-- A transaction gives all rows of both another version.
create table heads (tenant_id text, version int);
create table amounts (tenant_id text, n int, version int);
insert into heads select tenant_id, 0 from sites;
insert into amounts select tenant_id, n, 0 from sites, generate_series(1, 20) n;
