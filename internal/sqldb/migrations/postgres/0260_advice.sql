-- cost at a million rows: new columns with a constant default, instant
alter table advice_case add column words text collate "C" not null default '';
alter table advice_direct add column off_at bigint not null default 0;
alter table advice_direct add column off_by text collate "C" not null default '';
alter table advice_direct add column off_right bigint not null default 0;
alter table advice_direct add column off_of bigint not null default 0;
