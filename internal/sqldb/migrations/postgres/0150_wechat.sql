-- Cost at a million rows: creates empty tables, nothing to move.
create table wechat_token (
  app_id text collate "C" not null primary key,
  token text collate "C" not null,
  expires_at bigint not null,
  lease_until bigint not null
);

create table intake_wechat_account (
  id text collate "C" not null primary key,
  app_id text collate "C" not null,
  token text collate "C" not null,
  aes_key text collate "C" not null,
  secret text collate "C" not null,
  mode text collate "C" not null,
  api text collate "C" not null,
  menu text collate "C" not null,
  templates text collate "C" not null,
  active boolean not null,
  rev bigint not null,
  checked_at bigint not null,
  message_at bigint not null,
  trouble text collate "C" not null,
  trouble_at bigint not null
);

create table intake_wechat_user (
  token text collate "C" not null primary key,
  openid text collate "C" not null,
  following boolean not null,
  state text collate "C" not null,
  changed_at bigint not null
);
create index intake_wechat_user_changed on intake_wechat_user (changed_at);

create table intake_wechat_message (
  once text collate "C" not null primary key,
  reply text collate "C" not null,
  at bigint not null
);
create index intake_wechat_message_age on intake_wechat_message (at);

create table intake_wechat_nonce (
  nonce text collate "C" not null primary key,
  once text collate "C" not null,
  at bigint not null
);
create index intake_wechat_nonce_age on intake_wechat_nonce (at);

create table intake_wechat_photo (
  id text collate "C" not null primary key,
  draft text collate "C" not null,
  media text collate "C" not null,
  state text collate "C" not null,
  matter_id text collate "C" not null,
  deed text collate "C" not null,
  hash text collate "C" not null,
  thumb text collate "C" not null,
  width bigint not null,
  height bigint not null,
  at bigint not null
);
create index intake_wechat_photo_draft on intake_wechat_photo (draft, at);
create index intake_wechat_photo_age on intake_wechat_photo (at);

create table intake_wechat_case (
  user_token text collate "C" not null,
  matter_id text collate "C" not null references matter (id),
  number text collate "C" not null,
  code text collate "C" not null,
  follower boolean not null,
  at bigint not null,
  primary key (user_token, matter_id)
);
create index intake_wechat_case_newest on intake_wechat_case (user_token, at);
