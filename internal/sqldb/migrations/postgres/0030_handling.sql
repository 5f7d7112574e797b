-- Cost at a million rows: creates an empty table, nothing to move.
create table handling_wait (
  matter_id text collate "C" not null primary key references matter (id),
  reason text collate "C" not null,
  until_at bigint not null
);
create index handling_wait_until on handling_wait (until_at, matter_id);
