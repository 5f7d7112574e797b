-- Cost at a million rows: none, the tables are new.
create table catalog_signal (
  code text collate "C" not null primary key,
  name text collate "C" not null,
  kind text collate "C" not null,
  words text collate "C" not null,   -- groups: a、b + c、d
  within bigint not null,  -- characters
  off text collate "C" not null,     -- words that turn it off, by 、
  phone text collate "C" not null,
  service text collate "C" not null,
  advice text collate "C" not null,
  urgency text collate "C" not null,
  limit_n bigint not null,
  limit_unit text collate "C" not null,
  active boolean not null,
  rev bigint not null,
  sort bigint not null
);
