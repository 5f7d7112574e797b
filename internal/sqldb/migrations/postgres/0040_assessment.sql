-- Cost at a million rows: creates empty tables; the indexes read matter, request_task and request_flag once, some seconds each.
create table assessment_call (
  id text collate "C" not null primary key,
  matter_id text collate "C" not null references matter (id),
  round bigint not null,
  at bigint not null,
  actor text collate "C" not null,
  outcome text collate "C" not null,
  solved text collate "C" not null,
  rating bigint not null
);
create index assessment_call_matter on assessment_call (matter_id, round, at);

create table assessment_supervision (
  id text collate "C" not null primary key,
  matter_id text collate "C" not null references matter (id),
  kind text collate "C" not null,
  level text collate "C" not null,
  unit_id text collate "C" not null,
  due_at bigint,
  open boolean not null,
  at bigint not null,
  actor text collate "C" not null,
  ended_at bigint
);
create index assessment_supervision_matter on assessment_supervision (matter_id, at);

-- The board counts by the day of closing and by the date promised.
create index assessment_closed on matter (closed_at, unit) where not open;
create index assessment_promised on request_task (due_at, matter_id) where role = 'lead';
create index assessment_flag on request_flag (kind, matter_id);
create index assessment_returned on request_plea (kind, asked_at);
create index assessment_to_file on matter (closed_at, id) where state in ('closed', 'answered', 'diverted', 'terminated');
