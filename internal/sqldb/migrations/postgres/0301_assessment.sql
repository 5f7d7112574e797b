-- Cost at a million rows: a new table.
create table assessment_given (
  month text collate "C" not null,
  unit_id text collate "C" not null references actor_unit (id),
  item text collate "C" not null,
  value text collate "C" not null,
  reason text collate "C" not null,
  rev bigint not null,
  at bigint not null,
  actor text collate "C" not null,
  primary key (month, unit_id, item)
);
