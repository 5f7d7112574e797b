-- Cost at a million rows: adds a column with a constant default; the index reads advice_case once, some seconds.
alter table advice_case add column touched integer not null default 0;
update advice_case set touched = 1 where direct and returned;
create index advice_case_evidence on advice_case (category, decided_at, matter_id) where decided_at > 0 and (not direct or touched);
