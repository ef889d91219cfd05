-- Every kind of value, and what goes wrong with it; three tenants with odd ids.
create table sites (tenant_id text, id text, name text, zone text, locale text, primary key (tenant_id, id));
create table fields (tenant_id text, position int, key text, label text, format text);
create table records (
  tenant_id text, site text, n int, at timestamptz, on_day date, wall timestamp, clock time, span interval, ok boolean,
  big bigint, amount numeric, ratio double precision, note text, answers jsonb, raw bytea, divisor int default 1,
  primary key (tenant_id, site, n)
);
insert into sites values
  ('a', 'one', 'Site one', 'Asia/Tokyo', 'ja'), ('a', 'two', '拠点/2: [x]', 'Asia/Tokyo', 'en'), ('a', 'empty', 'No records', 'UTC', 'en'),
  ('b c', 'one', 'History', 'Europe/Berlin', 'en'), ('b c', 'broken', 'Divides by zero', 'UTC', 'en'),
  ('テ/1', 'Ä.x', 'A name that is much longer than a sheet may have', 'America/New_York', 'ja'), ('テ/1', 'one', 'Plain', 'UTC', 'en');
insert into fields select t, p, k, l, f
  from (values ('a'), ('b c'), ('テ/1')) tenants (t),
  (values (1, 'degree', '温度', 'excel:0.0"℃"'), (2, 'passed', 'Passed', 'boolean:yes/no'), (3, 'seen', 'Seen on', 'date'),
          (4, 'when', 'When', 'time'), (5, 'share', 'Share', 'percent:1'), (6, 'remark', '', 'text'), (7, 'other', 'Other', ''),
          (8, 'took', 'Took', 'duration'), (9, 'raw_degree', 'Raw', 'excel:0.0度'), (10, 'stamp', 'Stamp', 'excel:yyyy-mm-dd hh:mm:ss.000')) f (p, k, l, f);
insert into records (tenant_id, site, n, at, on_day, wall, clock, span, ok, big, amount, ratio, note, answers, raw)
select s.tenant_id, s.id, n,
  '2026-10-02T03:04:05.678901Z'::timestamptz + n * interval '7 hours 13 minutes 1.5 seconds',
  date '2026-10-01' + n, timestamp '2026-10-01 23:59:59.999999' + n * interval '1 hour', time '05:06:07.9' + n * interval '1 minute',
  n * interval '11 hours 7 seconds', n % 3 = 0, 1234567890123 * n, n * 1.25, sqrt(n),
  'note ' || n,
  jsonb_build_object('degree', n * 0.5, 'passed', n % 2 = 0, 'seen', '2026-10-' || lpad((n % 28 + 1)::text, 2, '0'), 'when', '0' || n % 10 || ':30',
    'share', n || '%', 'remark', 'r' || n, 'other', n, 'took', n || ':05:09', 'raw_degree', n::text || '.5', 'stamp', '2026-10-01 10:11:12.345',
    'unknown', 1),
  decode(lpad(to_hex(n), 4, '0'), 'hex')
from sites s, generate_series(1, 18) n where s.id <> 'empty' and s.id <> 'broken';
insert into records (tenant_id, site, n, at, divisor) values ('b c', 'broken', 1, '2026-10-15T00:00:00Z', 0);
-- Odd values, one column at a time.
update records set note = '=1+1' where n = 2;
update records set note = E'two\nlines & <tags> "quoted" \t' || chr(1) where n = 3;
update records set note = '' where n = 4;
update records set note = repeat('長', 33000) where n = 5 and site = 'two';
update records set note = '_x0041_ 00123 ' where n = 6;
update records set big = 9007199254740993, amount = 'NaN', ratio = 'Infinity' where n = 7;
update records set amount = 12345678901234567890.5, ratio = 5e-324 where n = 8;
update records set on_day = 'infinity', wall = '0044-03-15 BC', span = '1 month 2 days' where n = 9;
update records set on_day = '1900-02-28', wall = '1900-03-01', span = '-1 hour' where n = 10;
update records set on_day = '1899-12-31', wall = '9999-12-30 23:00', clock = '24:00' where n = 11;
update records set answers = '{"degree": "n/a", "passed": "maybe", "seen": "2026-10-01T10:00:00Z", "when": "25:00", "share": "lots", "other": {"a": [1, 2]}, "took": "-1:00"}' where n = 12;
update records set answers = '{"degree": "", "passed": null, "seen": " ", "other": [true], "share": "0.25", "took": "100:00"}' where n = 13;
update records set answers = '[1, 2]', note = null, ok = null, big = null, amount = null, ratio = null, raw = null, clock = null where n = 14;
update records set answers = '{"degree": 1e400, "passed": "on", "other": 12345678901234567890, "raw_degree": "1e3", "share": "12.5%", "remark": true}' where n = 15;
update records set answers = null, amount = -0.0, ratio = '-0' where n = 16;
