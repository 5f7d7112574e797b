-- cost at a million rows: columns with constant defaults are instant; four indexes are built in one pass each, two of them partial and empty
alter table notice_message add column subject text not null default '';
alter table notice_message add column given text not null default '{}';
alter table notice_message add column person text not null default '';
alter table notice_message add column via text not null default '';
alter table notice_message add column ref text not null default '';
alter table notice_message add column reason text not null default '';
alter table notice_message add column tries integer not null default 0;
alter table notice_message add column round integer not null default 0;
alter table notice_message add column begun_at integer not null default 0;
alter table notice_message add column due_at integer;
alter table notice_message add column done_at integer;
drop index notice_message_state;
create index notice_message_state on notice_message (state, created_at, id);
create index notice_message_channel on notice_message (channel, created_at, id);
create index notice_message_template on notice_message (template, created_at, id);
create index notice_message_unrouted on notice_message (created_at, id) where channel = '' and state = 'queued';
create index notice_message_ref on notice_message (via, ref) where ref <> '';
create index notice_message_person on notice_message (person, sent_at) where person <> '';

create table notice_step (
  message_id text not null references notice_message (id),
  n integer not null,
  at integer not null,
  state text not null,
  channel text not null,
  reason text not null,
  actor text not null,
  primary key (message_id, n)
) strict;

create table notice_report (
  via text not null,
  ref text not null,
  state text not null,
  reason text not null,
  at integer not null,
  primary key (via, ref)
) strict;
create index notice_report_age on notice_report (at);
