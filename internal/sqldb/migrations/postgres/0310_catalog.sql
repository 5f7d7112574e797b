-- Cost at a million rows: none, the table is new.
create table catalog_check (
  code text collate "C" not null primary key,  -- a kind of finding of the reply check
  level text collate "C" not null,   -- warn, hint, off
  words text collate "C" not null,   -- by 、
  off text collate "C" not null,     -- words that turn it off, by 、
  least bigint not null,  -- threshold
  rev bigint not null
);
