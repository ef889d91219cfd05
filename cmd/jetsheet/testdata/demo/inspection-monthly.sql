-- Every row of every workbook of the report; $1 is the tick. The second sheet is counted from the answers here again.
with months as (
  select id as tenant_id, time_zone, language,
         date_trunc('month', $1::timestamptz at time zone time_zone) - interval '1 month' as month
  from tenants
), visits as (
  select pg_temp.token(i.tenant_id::text) || '/' || to_char(m.month, 'YYYY-MM') || '/inspection-monthly/'
           || pg_temp.token(i.site_id || '-' || i.form) || '.xlsx' as key,
         m.language, i.inspected_at at time zone m.time_zone as local, i.*
  from inspections i
  join months m on m.tenant_id = i.tenant_id
  where date_trunc('month', i.inspected_at at time zone m.time_zone) = m.month
), books as (
  select distinct key, tenant_id, form from visits
), answers as (
  select v.key, v.id, q.position, q.label, v.answers ? q.key as given, v.answers -> q.key as raw,
         case
           when not v.answers ? q.key then ''
           when q.input = 'yesno' and jsonb_typeof(v.answers -> q.key) = 'boolean'
             then pg_temp.yes_no((v.answers ->> q.key)::boolean, '適', '否')
           when q.input = 'yesno' then pg_temp.words(v.answers ->> q.key)
           -- Some tablets send digits as text; what is not plain digits stays text.
           when q.input = 'number' and v.answers ->> q.key ~ '^[0-9]+(\.[0-9]+)?$'
             then pg_temp.amount((v.answers ->> q.key)::numeric, q.format)
           when q.input = 'number' then pg_temp.words(v.answers ->> q.key)
           when q.input = 'time' then pg_temp.clock((v.answers ->> q.key)::time, v.language)
           when q.input = 'date' then pg_temp.day((v.answers ->> q.key)::date, v.language)
           else pg_temp.words(v.answers ->> q.key, '@')
         end as cell
  from visits v
  join form_fields q on q.tenant_id = v.tenant_id and q.form = v.form
), summaries as (
  select key, position, label,
         count(*) filter (where given) as answered,
         count(*) filter (where not given) as missing,
         count(*) filter (where raw = 'true') as passed,
         count(*) filter (where raw = 'false') as refused,
         round(avg(raw::numeric) filter (where jsonb_typeof(raw) = 'number'), 2) as average
  from answers
  group by key, position, label
)
select key, 1 as number, (select title from forms f where f.tenant_id = b.tenant_id and f.form = b.form) as sheet, 0 as position,
       array[pg_temp.words('点検日時'), pg_temp.words('点検者')] || array(
         select pg_temp.words(label) from form_fields q
         where q.tenant_id = b.tenant_id and q.form = b.form order by q.position) as cells
from books b
union all
select v.key, 1, null, row_number() over (order by v.inspected_at, v.id),
       array[pg_temp.moment(v.local, v.language), pg_temp.words(v.inspector)] || a.cells
from visits v
join (select key, id, array_agg(cell order by position) as cells from answers group by key, id) as a
  on a.key = v.key and a.id = v.id
union all
select key, 2, '集計', 0, array[pg_temp.words('項目'), pg_temp.words('回答数'), pg_temp.words('未回答'), pg_temp.words('適'),
       pg_temp.words('否'), pg_temp.words('平均')]
from books
union all
select key, 2, null, position, array[pg_temp.words(label), pg_temp.amount(answered, '#,##0'), pg_temp.amount(missing, '#,##0'),
       pg_temp.amount(passed, '#,##0'), pg_temp.amount(refused, '#,##0'), pg_temp.amount(average, '#,##0.00')]
from summaries
order by 1, 2, 4
