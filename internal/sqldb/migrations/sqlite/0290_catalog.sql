-- Cost at a million rows: none, new tables only.
create table catalog_limit (
  code text not null primary key,
  profile text not null,
  stage text not null,
  types text not null,
  category text not null,
  urgency text not null,
  applies text not null,
  limit_n integer not null,
  limit_unit text not null,
  limit_roll integer not null,
  starts text not null,
  statutory integer not null,
  source text not null,
  note text not null,
  valid_from text not null,
  valid_until text not null,
  active integer not null,
  rev integer not null,
  sort integer not null
) strict;
