-- Cost at a million rows: creates an empty table, nothing to move.
create table intake_call (
  id text collate "C" not null primary key,
  staff_id text collate "C" not null,
  state text collate "C" not null,
  fields text collate "C" not null,
  outcome text collate "C" not null,
  matter_id text collate "C" references matter (id),
  created_at bigint not null,
  changed_at bigint not null,
  closed_at bigint
);
create index intake_call_staff on intake_call (staff_id, state, created_at);
create index intake_call_done on intake_call (staff_id, closed_at);
create index intake_call_matter on intake_call (matter_id);
create index intake_call_age on intake_call (state, changed_at);
