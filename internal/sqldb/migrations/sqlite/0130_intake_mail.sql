-- cost at a million rows: new tables, instant
create table intake_mail (
  id           text not null primary key,
  at           integer not null,
  via          text not null,
  key          text not null,
  body_hash    text not null,
  deliveries   integer not null default 1,
  file         text not null,
  size         integer not null,
  cut          integer not null,
  state        text not null,
  reason       text not null default '',
  attention    integer not null,
  sender       text not null default '',
  sender_token text not null default '',
  masked       text not null default '',
  subject      text not null default '',
  matter_id    text not null default '',
  answered     integer not null,
  settled_by   text not null default '',
  settled_at   integer not null default 0,
  settled_note text not null default ''
) strict;
create unique index intake_mail_key on intake_mail (key);
create index intake_mail_state on intake_mail (state, id);
create index intake_mail_wait on intake_mail (id) where attention;
create index intake_mail_sender on intake_mail (sender_token, at) where sender_token <> '';
create index intake_mail_kept on intake_mail (at) where file <> '';
create index intake_mail_matter on intake_mail (matter_id) where matter_id <> '';
create table intake_mail_poll (
  name       text not null primary key,
  validity   integer not null,
  last       integer not null,
  polled_at  integer not null,
  trouble    text not null default '',
  trouble_at integer not null default 0
) strict;
