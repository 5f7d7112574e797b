-- Cost at a million rows: none, a new table only.
create table handling_recount (
  one bigint not null primary key,
  applied text collate "C" not null,
  target text collate "C" not null,
  after_at bigint not null,
  after_id text collate "C" not null,
  moved bigint not null
);
