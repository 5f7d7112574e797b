-- Cost at a million rows: none, the table is new.
create table catalog_watch (
  code text not null primary key,
  active integer not null,
  least integer not null,  -- cases in a month
  share integer not null,  -- of all, in per cent; 0 any
  days integer not null,   -- at the end of a month, or how often; 0 unused
  words text not null,     -- by 、
  rev integer not null
) strict;
