-- cost at a million rows: a new table, instant
create table intake_sms (
  id           text not null primary key,
  at           integer not null,
  via          text not null,
  ref          text not null,
  deliveries   integer not null default 1,
  person       text not null,
  phone        text not null,
  masked       text not null,
  words        text not null,
  state        text not null,
  deed         text not null,
  why          text not null default '',
  attention    integer not null,
  matter_id    text not null default '',
  settled_by   text not null default '',
  settled_at   integer not null default 0,
  settled_note text not null default ''
) strict;
create unique index intake_sms_ref on intake_sms (via, ref);
create index intake_sms_wait on intake_sms (id) where attention;
create index intake_sms_state on intake_sms (attention, id);
create index intake_sms_kept on intake_sms (at) where words <> '';
