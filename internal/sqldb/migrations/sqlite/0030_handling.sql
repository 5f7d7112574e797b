-- Cost at a million rows: creates an empty table, nothing to move.
create table handling_wait (
  matter_id text not null primary key references matter (id),
  reason text not null,
  until_at integer not null
) strict;
create index handling_wait_until on handling_wait (until_at, matter_id);
