-- cost at a million rows: columns with constant defaults are instant; four indexes are built in one pass each, two of them partial and empty
alter table notice_message add column subject text collate "C" not null default '';
alter table notice_message add column given text collate "C" not null default '{}';
alter table notice_message add column person text collate "C" not null default '';
alter table notice_message add column via text collate "C" not null default '';
alter table notice_message add column ref text collate "C" not null default '';
alter table notice_message add column reason text collate "C" not null default '';
alter table notice_message add column tries bigint not null default 0;
alter table notice_message add column round bigint not null default 0;
alter table notice_message add column begun_at bigint not null default 0;
alter table notice_message add column due_at bigint;
alter table notice_message add column done_at bigint;
drop index notice_message_state;
create index notice_message_state on notice_message (state, created_at, id);
create index notice_message_channel on notice_message (channel, created_at, id);
create index notice_message_template on notice_message (template, created_at, id);
create index notice_message_unrouted on notice_message (created_at, id) where channel = '' and state = 'queued';
create index notice_message_ref on notice_message (via, ref) where ref <> '';
create index notice_message_person on notice_message (person, sent_at) where person <> '';

create table notice_step (
  message_id text collate "C" not null references notice_message (id),
  n bigint not null,
  at bigint not null,
  state text collate "C" not null,
  channel text collate "C" not null,
  reason text collate "C" not null,
  actor text collate "C" not null,
  primary key (message_id, n)
);

create table notice_report (
  via text collate "C" not null,
  ref text collate "C" not null,
  state text collate "C" not null,
  reason text collate "C" not null,
  at bigint not null,
  primary key (via, ref)
);
create index notice_report_age on notice_report (at);
