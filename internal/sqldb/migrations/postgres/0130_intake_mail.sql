-- cost at a million rows: new tables, instant
create table intake_mail (
  id           text collate "C" not null primary key,
  at           bigint not null,
  via          text collate "C" not null,
  key          text collate "C" not null,
  body_hash    text collate "C" not null,
  deliveries   bigint not null default 1,
  file         text collate "C" not null,
  size         bigint not null,
  cut          boolean not null,
  state        text collate "C" not null,
  reason       text collate "C" not null default '',
  attention    boolean not null,
  sender       text collate "C" not null default '',
  sender_token text collate "C" not null default '',
  masked       text collate "C" not null default '',
  subject      text collate "C" not null default '',
  matter_id    text collate "C" not null default '',
  answered     boolean not null,
  settled_by   text collate "C" not null default '',
  settled_at   bigint not null default 0,
  settled_note text collate "C" not null default ''
);
create unique index intake_mail_key on intake_mail (key);
create index intake_mail_state on intake_mail (state, id);
create index intake_mail_wait on intake_mail (id) where attention;
create index intake_mail_sender on intake_mail (sender_token, at) where sender_token <> '';
create index intake_mail_kept on intake_mail (at) where file <> '';
create index intake_mail_matter on intake_mail (matter_id) where matter_id <> '';
create table intake_mail_poll (
  name       text collate "C" not null primary key,
  validity   bigint not null,
  last       bigint not null,
  polled_at  bigint not null,
  trouble    text collate "C" not null default '',
  trouble_at bigint not null default 0
);
