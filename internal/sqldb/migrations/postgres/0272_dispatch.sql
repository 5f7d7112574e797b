-- Cost at a million rows: none, the table is new; the watcher dispatch/places fills it for open requests without a point.
create table dispatch_place (
  matter_id text collate "C" not null references matter (id),
  n bigint not null,
  text text collate "C" not null,
  kind text collate "C" not null,
  area text collate "C" not null,
  lat double precision not null,
  lng double precision not null,
  primary key (matter_id, n)
);
