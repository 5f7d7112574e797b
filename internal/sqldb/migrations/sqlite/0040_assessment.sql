-- Cost at a million rows: creates empty tables; the indexes read matter, request_task and request_flag once, some seconds each.
create table assessment_call (
  id text not null primary key,
  matter_id text not null references matter (id),
  round integer not null,
  at integer not null,
  actor text not null,
  outcome text not null,
  solved text not null,
  rating integer not null
) strict;
create index assessment_call_matter on assessment_call (matter_id, round, at);

create table assessment_supervision (
  id text not null primary key,
  matter_id text not null references matter (id),
  kind text not null,
  level text not null,
  unit_id text not null,
  due_at integer,
  open integer not null,
  at integer not null,
  actor text not null,
  ended_at integer
) strict;
create index assessment_supervision_matter on assessment_supervision (matter_id, at);

-- The board counts by the day of closing and by the date promised.
create index assessment_closed on matter (closed_at, unit) where not open;
create index assessment_promised on request_task (due_at, matter_id) where role = 'lead';
create index assessment_flag on request_flag (kind, matter_id);
create index assessment_returned on request_plea (kind, asked_at);
create index assessment_to_file on matter (closed_at, id) where state in ('closed', 'answered', 'diverted', 'terminated');
