-- cost at a million rows: new columns with a constant default, instant
alter table advice_case add column words text not null default '';
alter table advice_direct add column off_at integer not null default 0;
alter table advice_direct add column off_by text not null default '';
alter table advice_direct add column off_right integer not null default 0;
alter table advice_direct add column off_of integer not null default 0;
