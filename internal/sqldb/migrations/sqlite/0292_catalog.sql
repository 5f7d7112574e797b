-- Cost at a million rows: none, a new table only.
create table catalog_rung (
  code text not null primary key,
  stage text not null,
  percent integer not null,
  urgency text not null,
  act text not null,
  words text not null,
  active integer not null,
  rev integer not null
) strict;
