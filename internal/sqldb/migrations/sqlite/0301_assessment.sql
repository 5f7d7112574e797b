-- Cost at a million rows: a new table.
create table assessment_given (
  month text not null,
  unit_id text not null references actor_unit (id),
  item text not null,
  value text not null,
  reason text not null,
  rev integer not null,
  at integer not null,
  actor text not null,
  primary key (month, unit_id, item)
) strict;
