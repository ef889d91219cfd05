-- Every row of every workbook of the report; $1 is the tick. Months are told from local time, not from instants.
with months as (
  select id as tenant_id, time_zone, language,
         date_trunc('month', $1::timestamptz at time zone time_zone) - interval '1 month' as month
  from tenants
), readings as (
  select pg_temp.token(s.tenant_id::text) || '/' || to_char(m.month, 'YYYY-MM') || '/temperature-monthly/'
           || pg_temp.token(s.id) || '.xlsx' as key,
         case s.name -- what Excel does not take in a sheet's name
           when '本社工場[第2ライン]' then '本社工場_第2ライン_'
           when '厨房A/B:仕込み室?' then '厨房A_B_仕込み室_'
           when '''喫茶''ひだまり☕' then '喫茶''ひだまり☕'
           else left(s.name, 31)
         end as sheet,
         m.language, r.recorded_at at time zone m.time_zone as local, r.*
  from temperature_records r
  join sites s on s.tenant_id = r.tenant_id and s.id = r.site_id
  join months m on m.tenant_id = r.tenant_id
  where date_trunc('month', r.recorded_at at time zone m.time_zone) = m.month
)
select key, 1 as number, sheet, 0 as position, array[
         pg_temp.words('記録日時'), pg_temp.words('機器'), pg_temp.words('温度'), pg_temp.words('適否'),
         pg_temp.words('記録者'), pg_temp.words('備考')] as cells
from (select distinct key, sheet from readings) as books
union all
select key, 1, sheet, row_number() over (order by recorded_at, id), array[
         pg_temp.moment(local, language), pg_temp.words(device), pg_temp.amount(temperature, '0.0"℃"'),
         pg_temp.yes_no(in_range, '適', '否'), pg_temp.words(recorded_by), pg_temp.words(note)]
from readings
order by 1, 2, 4
