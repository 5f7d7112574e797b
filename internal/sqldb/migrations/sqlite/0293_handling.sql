-- Cost at a million rows: none, a new table only.
create table handling_reminder (
  task_id text not null,
  stage text not null,
  matter_id text not null,
  due_at integer not null,
  rung text not null,
  percent integer not null,
  next_at integer not null,
  primary key (task_id, stage)
) strict;
create index handling_reminder_next on handling_reminder (next_at, task_id);
create index handling_reminder_matter on handling_reminder (matter_id);
