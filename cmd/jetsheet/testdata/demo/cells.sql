-- How a cell of the demo's workbooks reads: 'kind|number format|value', '' for an empty one. Written from what the report
-- definitions promise, for PostgreSQL to work out; nothing of the program that makes the workbooks takes part.

-- An id as a segment of a key: what is not a letter, a digit, _ or - becomes =XX, byte by byte.
create function pg_temp.token(id text) returns text language sql as $$
  select string_agg(
    case when b between 48 and 57 or b between 65 and 90 or b between 97 and 122 or b in (45, 95)
      then chr(b) else '=' || upper(lpad(to_hex(b), 2, '0')) end, '' order by i)
  from (
    select i, get_byte(convert_to(id, 'UTF8'), i) as b from generate_series(0, octet_length(id) - 1) as i
  ) as bytes
$$;

create function pg_temp.words(value text, format text default 'General') returns text language sql as $$
  select coalesce('text|' || format || '|' || value, '')
$$;

create function pg_temp.yes_no(value boolean, yes text, no text) returns text language sql as $$
  select case value when true then 'text|General|' || yes when false then 'text|General|' || no else '' end
$$;

create function pg_temp.amount(value numeric, format text) returns text language sql as $$
  select coalesce('number|' || format || '|' || trim_scale(value)::text, '')
$$;

-- Japanese customers see dates with / and no seconds. to_char cuts what it does not show.
create function pg_temp.moment(value timestamp, language text) returns text language sql as $$
  select coalesce('number|' || case language when 'ja' then 'yyyy/mm/dd hh:mm' else 'yyyy-mm-dd hh:mm:ss' end
    || '|' || to_char(value, 'YYYY-MM-DD HH24:MI:SS'), '')
$$;

create function pg_temp.day(value date, language text) returns text language sql as $$
  select coalesce('number|' || case language when 'ja' then 'yyyy/mm/dd' else 'yyyy-mm-dd' end
    || '|' || to_char(value, 'YYYY-MM-DD'), '')
$$;

create function pg_temp.clock(value time, language text) returns text language sql as $$
  select coalesce('number|' || case language when 'ja' then 'hh:mm' else 'hh:mm:ss' end
    || '|' || to_char(value, 'HH24:MI:SS'), '')
$$;

create function pg_temp.elapsed(value interval) returns text language sql as $$
  select coalesce('number|[h]:mm:ss|' || extract(epoch from value)::bigint || 's', '')
$$;
