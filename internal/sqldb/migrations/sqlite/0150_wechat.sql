-- Cost at a million rows: creates empty tables, nothing to move.
create table wechat_token (
  app_id text not null primary key,
  token text not null,
  expires_at integer not null,
  lease_until integer not null
) strict;

create table intake_wechat_account (
  id text not null primary key,
  app_id text not null,
  token text not null,
  aes_key text not null,
  secret text not null,
  mode text not null,
  api text not null,
  menu text not null,
  templates text not null,
  active integer not null,
  rev integer not null,
  checked_at integer not null,
  message_at integer not null,
  trouble text not null,
  trouble_at integer not null
) strict;

create table intake_wechat_user (
  token text not null primary key,
  openid text not null,
  following integer not null,
  state text not null,
  changed_at integer not null
) strict;
create index intake_wechat_user_changed on intake_wechat_user (changed_at);

create table intake_wechat_message (
  once text not null primary key,
  reply text not null,
  at integer not null
) strict;
create index intake_wechat_message_age on intake_wechat_message (at);

create table intake_wechat_nonce (
  nonce text not null primary key,
  once text not null,
  at integer not null
) strict;
create index intake_wechat_nonce_age on intake_wechat_nonce (at);

create table intake_wechat_photo (
  id text not null primary key,
  draft text not null,
  media text not null,
  state text not null,
  matter_id text not null,
  deed text not null,
  hash text not null,
  thumb text not null,
  width integer not null,
  height integer not null,
  at integer not null
) strict;
create index intake_wechat_photo_draft on intake_wechat_photo (draft, at);
create index intake_wechat_photo_age on intake_wechat_photo (at);

create table intake_wechat_case (
  user_token text not null,
  matter_id text not null references matter (id),
  number text not null,
  code text not null,
  follower integer not null,
  at integer not null,
  primary key (user_token, matter_id)
) strict;
create index intake_wechat_case_newest on intake_wechat_case (user_token, at);
