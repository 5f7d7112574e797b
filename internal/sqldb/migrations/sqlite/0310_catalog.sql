-- Cost at a million rows: none, the table is new.
create table catalog_check (
  code text not null primary key,  -- a kind of finding of the reply check
  level text not null,   -- warn, hint, off
  words text not null,   -- by 、
  off text not null,     -- words that turn it off, by 、
  least integer not null,  -- threshold
  rev integer not null
) strict;
