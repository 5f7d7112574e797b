-- Cost at a million rows: creates an empty table, nothing to move.
create table intake_call (
  id text not null primary key,
  staff_id text not null,
  state text not null,
  fields text not null,
  outcome text not null,
  matter_id text references matter (id),
  created_at integer not null,
  changed_at integer not null,
  closed_at integer
) strict;
create index intake_call_staff on intake_call (staff_id, state, created_at);
create index intake_call_done on intake_call (staff_id, closed_at);
create index intake_call_matter on intake_call (matter_id);
create index intake_call_age on intake_call (state, changed_at);
