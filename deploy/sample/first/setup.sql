-- Ten orders of two customers: nine in the last month of Tokyo's calendar, one in this month.
create table orders (
  id         bigint primary key,
  customer   text not null,
  ordered_at timestamptz not null,
  item       text not null,
  quantity   integer not null,
  price      numeric(10, 2) not null,
  paid       boolean not null
);

insert into orders
select id, customer,
       (date_trunc('month', now() at time zone 'Asia/Tokyo') + at::interval) at time zone 'Asia/Tokyo',
       item, quantity, price, paid
from (values
  (1,  'aoba',   '-1 month +2 days 9 hours',   'Rice 10 kg',     2,  4200.00, true),
  (2,  'aoba',   '-1 month +4 days 13 hours',  'Green tea',      12,  580.00, true),
  (3,  'minato', '-1 month +5 days 8 hours',   'Soy sauce 1.8 L', 6,  940.50, true),
  (4,  'aoba',   '-1 month +9 days 17 hours',  'Miso',           4,   760.00, false),
  (5,  'minato', '-1 month +11 days 10 hours', 'Salmon 1 kg',    3,  2980.00, true),
  (6,  'minato', '-1 month +14 days 11 hours', 'Ice',            20,  150.00, true),
  (7,  'aoba',   '-1 month +18 days 15 hours', 'Noodles',        30,  210.00, true),
  (8,  'minato', '-1 month +21 days 7 hours',  'Eggs',           15,  320.00, false),
  (9,  'aoba',   '-1 month +25 days 12 hours', 'Rice 10 kg',     1,  4200.00, true),
  (10, 'aoba',   '1 day 9 hours',              'Rice 10 kg',     2,  4300.00, false)
) as o (id, customer, at, item, quantity, price, paid);
