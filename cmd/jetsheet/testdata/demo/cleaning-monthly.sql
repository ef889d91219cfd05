-- Every row of every workbook of the report; $1 is the tick. A customer's period is found by walking the days before the
-- tick: a month begins after each closing day, or after the last day of a shorter month.
with days as (
  select t.id as tenant_id, t.closing_day, day::date,
         day::date <= ($1::timestamptz at time zone t.time_zone)::date as passed
  from tenants t
  cross join generate_series($1::timestamptz::date - 100, $1::timestamptz::date + 1, interval '1 day') as day
), edges as (
  select tenant_id, closing_day, day, row_number() over (partition by tenant_id order by day desc) as age
  from days
  where passed and (
    extract(day from day - 1) = coalesce(closing_day, 31)
    or extract(day from day) = 1 and extract(day from day - 1) < coalesce(closing_day, 31))
), periods as (
  select t.id as tenant_id, t.language, b.day as first, e.day as after,
         pg_temp.token(t.id::text) || '/'
           || case when t.closing_day is null then to_char(b.day, 'YYYY-MM') else b.day || '_' || e.day - 1 end
           || '/cleaning-monthly/all-sites.xlsx' as key
  from tenants t
  join edges e on e.tenant_id = t.id and e.age = 1
  join edges b on b.tenant_id = t.id and b.age = 2
), cleanings as (
  select p.key, p.language, s.name as site, c.*
  from cleaning_logs c
  join periods p on p.tenant_id = c.tenant_id
  join sites s on s.tenant_id = c.tenant_id and s.id = c.site_id
  where c.cleaned_on between p.first and p.after - 1
), washes as (
  select p.key, p.language, s.name as site, h.*
  from hand_wash_checks h
  join periods p on p.tenant_id = h.tenant_id
  join sites s on s.tenant_id = h.tenant_id and s.id = h.site_id
  where h.washed_at::date between p.first and p.after - 1
), books as (
  select key from cleanings union select key from washes
)
select key, 1 as number, '清掃' as sheet, 0 as position, array[
         pg_temp.words('実施日'), pg_temp.words('拠点'), pg_temp.words('場所'), pg_temp.words('開始'), pg_temp.words('所要時間'),
         pg_temp.words('実施'), pg_temp.words('確認日'), pg_temp.words('担当者'), pg_temp.words('備考')] as cells
from books
union all
select key, 1, null, row_number() over (order by cleaned_on, started_at, id), array[
         pg_temp.day(cleaned_on, language), pg_temp.words(site), pg_temp.words(area), pg_temp.clock(started_at, language),
         pg_temp.elapsed(duration), pg_temp.yes_no(done, '済', '未'), pg_temp.day(checked_on, language), pg_temp.words(staff),
         pg_temp.words(note)]
from cleanings
union all
select key, 2, '手洗い', 0, array[
         pg_temp.words('日時'), pg_temp.words('拠点'), pg_temp.words('担当者'), pg_temp.words('爪'), pg_temp.words('手指の傷'),
         pg_temp.words('水温'), pg_temp.words('秒数')]
from books
union all
select key, 2, null, row_number() over (order by washed_at, id), array[
         pg_temp.moment(washed_at, language), pg_temp.words(site), pg_temp.words(staff), pg_temp.yes_no(nails_short, '適', '否'),
         pg_temp.yes_no(no_wounds, 'なし', 'あり'), pg_temp.amount(water_degree, '0.0"℃"'), pg_temp.amount(seconds, '#,##0')]
from washes
order by 1, 2, 4
