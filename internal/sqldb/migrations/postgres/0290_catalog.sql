-- Cost at a million rows: none, new tables only.
create table catalog_limit (
  code text collate "C" not null primary key,
  profile text collate "C" not null,
  stage text collate "C" not null,
  types text collate "C" not null,
  category text collate "C" not null,
  urgency text collate "C" not null,
  applies text collate "C" not null,
  limit_n bigint not null,
  limit_unit text collate "C" not null,
  limit_roll boolean not null,
  starts text collate "C" not null,
  statutory boolean not null,
  source text collate "C" not null,
  note text collate "C" not null,
  valid_from text collate "C" not null,
  valid_until text collate "C" not null,
  active boolean not null,
  rev bigint not null,
  sort bigint not null
);
