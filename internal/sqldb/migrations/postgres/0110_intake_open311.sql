-- cost at a million rows: new empty tables
create table intake_open311_key (
  id text collate "C" not null primary key,
  name text collate "C" not null,
  hint text collate "C" not null,
  hash text collate "C" not null unique,
  scopes text collate "C" not null,
  destination_id text collate "C" not null,
  created_by text collate "C" not null,
  created_at bigint not null,
  expires_at bigint,
  revoked_at bigint,
  used_at bigint
);

create table intake_open311_service (
  category text collate "C" not null primary key,
  kind text collate "C" not null
);

create table intake_open311_attribute (
  category text collate "C" not null,
  code text collate "C" not null,
  position bigint not null,
  spec text collate "C" not null,
  primary key (category, code)
);

create table intake_open311_origin (
  matter_id text collate "C" not null primary key references matter (id),
  key_id text collate "C" not null,
  reference text collate "C" not null,
  body_hash text collate "C" not null,
  at bigint not null
);
create index intake_open311_origin_body on intake_open311_origin (key_id, body_hash, at);

create table intake_open311_media (
  id text collate "C" not null primary key,
  matter_id text collate "C" not null references matter (id),
  seq bigint not null,
  url text collate "C" not null,
  state text collate "C" not null,
  trouble text collate "C" not null,
  at bigint not null
);
create index intake_open311_media_matter on intake_open311_media (matter_id, id);

create table intake_open311_token (
  id text collate "C" not null primary key,
  hash text collate "C" not null unique,
  key_id text collate "C" not null,
  sealed text collate "C" not null,
  number text collate "C" not null,
  created_at bigint not null,
  expires_at bigint not null
);
create index intake_open311_token_expiry on intake_open311_token (expires_at);

create table intake_open311_sandbox (
  id text collate "C" not null primary key,
  key_id text collate "C" not null,
  service_code text collate "C" not null,
  record text collate "C" not null,
  at bigint not null
);
create index intake_open311_sandbox_at on intake_open311_sandbox (at, id);

create table intake_open311_destination (
  id text collate "C" not null primary key,
  name text collate "C" not null,
  discovery text collate "C" not null,
  endpoint text collate "C" not null,
  json boolean not null,
  jurisdiction text collate "C" not null,
  api_key text collate "C" not null,
  switches text collate "C" not null,
  unit_id text collate "C" not null,
  lane bigint not null,
  active boolean not null,
  requests_to bigint not null,
  updates_to bigint not null,
  trouble text collate "C" not null,
  warned_at bigint,
  checked_at bigint,
  services text collate "C" not null,
  rev bigint not null
);

create table intake_open311_mapping (
  destination_id text collate "C" not null references intake_open311_destination (id),
  category text collate "C" not null,
  service_code text collate "C" not null,
  primary key (destination_id, category)
);

create table intake_open311_link (
  id text collate "C" not null primary key,
  matter_id text collate "C" not null references matter (id),
  destination_id text collate "C" not null references intake_open311_destination (id),
  direction text collate "C" not null,
  state text collate "C" not null,
  service_code text collate "C" not null,
  remote_id text collate "C" not null,
  token text collate "C" not null,
  remote_status text collate "C" not null,
  remote_at bigint not null,
  tries bigint not null,
  trouble text collate "C" not null,
  created_by text collate "C" not null,
  created_at bigint not null,
  sent_at bigint,
  confirmed_at bigint,
  unique (matter_id, destination_id)
);
create index intake_open311_link_remote on intake_open311_link (destination_id, remote_id);

create table intake_open311_update (
  destination_id text collate "C" not null,
  update_id text collate "C" not null,
  remote_id text collate "C" not null,
  reference text collate "C" not null,
  matter_id text collate "C" not null,
  status text collate "C" not null,
  text text collate "C" not null,
  media text collate "C" not null,
  at bigint not null,
  received_at bigint not null,
  outcome text collate "C" not null,
  primary key (destination_id, update_id)
);
create index intake_open311_update_waiting on intake_open311_update (destination_id, remote_id) where matter_id = '';
create index intake_open311_update_matter on intake_open311_update (matter_id, at);
