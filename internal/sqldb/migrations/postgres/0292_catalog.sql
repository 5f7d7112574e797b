-- Cost at a million rows: none, a new table only.
create table catalog_rung (
  code text collate "C" not null primary key,
  stage text collate "C" not null,
  percent bigint not null,
  urgency text collate "C" not null,
  act text collate "C" not null,
  words text collate "C" not null,
  active boolean not null,
  rev bigint not null
);
