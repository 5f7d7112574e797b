-- Cost at a million rows: none, a new table only.
create table handling_reminder (
  task_id text collate "C" not null,
  stage text collate "C" not null,
  matter_id text collate "C" not null,
  due_at bigint not null,
  rung text collate "C" not null,
  percent bigint not null,
  next_at bigint not null,
  primary key (task_id, stage)
);
create index handling_reminder_next on handling_reminder (next_at, task_id);
create index handling_reminder_matter on handling_reminder (matter_id);
