-- Cost at a million rows: none, the tables are new.
create table catalog_signal (
  code text not null primary key,
  name text not null,
  kind text not null,
  words text not null,   -- groups: a、b + c、d
  within integer not null,  -- characters
  off text not null,     -- words that turn it off, by 、
  phone text not null,
  service text not null,
  advice text not null,
  urgency text not null,
  limit_n integer not null,
  limit_unit text not null,
  active integer not null,
  rev integer not null,
  sort integer not null
) strict;
