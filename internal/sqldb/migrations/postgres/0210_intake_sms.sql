-- cost at a million rows: a new table, instant
create table intake_sms (
  id           text collate "C" not null primary key,
  at           bigint not null,
  via          text collate "C" not null,
  ref          text collate "C" not null,
  deliveries   bigint not null default 1,
  person       text collate "C" not null,
  phone        text collate "C" not null,
  masked       text collate "C" not null,
  words        text collate "C" not null,
  state        text collate "C" not null,
  deed         text collate "C" not null,
  why          text collate "C" not null default '',
  attention    boolean not null,
  matter_id    text collate "C" not null default '',
  settled_by   text collate "C" not null default '',
  settled_at   bigint not null default 0,
  settled_note text collate "C" not null default ''
);
create unique index intake_sms_ref on intake_sms (via, ref);
create index intake_sms_wait on intake_sms (id) where attention;
create index intake_sms_state on intake_sms (attention, id);
create index intake_sms_kept on intake_sms (at) where words <> '';
