-- Cost at a million rows: none, the table is new; the watcher dispatch/places fills it for open requests without a point.
create table dispatch_place (
  matter_id text not null references matter (id),
  n integer not null,
  text text not null,
  kind text not null,
  area text not null,
  lat real not null,
  lng real not null,
  primary key (matter_id, n)
) strict;
