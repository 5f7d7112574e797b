-- Cost at a million rows: none, a new table only.
create table handling_recount (
  one integer not null primary key,
  applied text not null,
  target text not null,
  after_at integer not null,
  after_id text not null,
  moved integer not null
) strict;
