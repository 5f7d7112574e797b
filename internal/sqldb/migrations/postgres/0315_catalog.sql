-- Cost at a million rows: none, the table is new.
create table catalog_watch (
  code text collate "C" not null primary key,
  active boolean not null,
  least bigint not null,  -- cases in a month
  share bigint not null,  -- of all, in per cent; 0 any
  days bigint not null,   -- at the end of a month, or how often; 0 unused
  words text collate "C" not null,     -- by 、
  rev bigint not null
);
