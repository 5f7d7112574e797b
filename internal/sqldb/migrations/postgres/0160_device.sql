-- Cost at a million rows: creates empty tables, nothing to move.
create table intake_device (
  code text collate "C" not null primary key,
  name text collate "C" not null,
  kind text collate "C" not null,
  facility text collate "C" not null,
  address text collate "C" not null,
  area text collate "C" not null,
  lat double precision not null,
  lng double precision not null,
  source text collate "C" not null,
  per_minute bigint not null,
  active boolean not null,
  rev bigint not null
);
create index intake_device_kind on intake_device (kind, code);

create table intake_device_state (
  device text collate "C" not null primary key references intake_device (code),
  seq bigint not null,
  at bigint not null,
  received_at bigint not null,
  metric text collate "C" not null,
  value double precision not null,
  readings bigint not null
);

create table intake_device_rule (
  id text collate "C" not null primary key,
  kind text collate "C" not null,
  name text collate "C" not null,
  metric text collate "C" not null,
  unit text collate "C" not null,
  below boolean not null,
  trip double precision not null,
  clear double precision not null,
  times bigint not null,
  minutes bigint not null,
  category text collate "C" not null,
  urgency text collate "C" not null,
  redo_hours bigint not null,
  advice text collate "C" not null,
  active boolean not null,
  rev bigint not null
);
create index intake_device_rule_kind on intake_device_rule (kind, metric);

create table intake_device_source (
  code text collate "C" not null primary key,
  name text collate "C" not null,
  active boolean not null
);

create table intake_device_key (
  id text collate "C" not null primary key,
  kind text collate "C" not null,
  owner text collate "C" not null,
  token text collate "C" not null unique,
  secret text collate "C" not null,
  created_at bigint not null,
  expires_at bigint not null,
  used_at bigint not null
);
create index intake_device_key_owner on intake_device_key (kind, owner);

create table intake_device_fault (
  id text collate "C" not null primary key,
  device text collate "C" not null references intake_device (code),
  rule text collate "C" not null references intake_device_rule (id),
  matter_id text collate "C" not null references matter (id),
  state text collate "C" not null,
  together boolean not null,
  opened_at bigint not null,
  first_at bigint not null,
  last_at bigint not null,
  readings bigint not null,
  peak double precision not null,
  last double precision not null,
  recovered_at bigint not null,
  relapses bigint not null,
  dropped bigint not null,
  noted_at bigint not null,
  closed_at bigint not null
);
create unique index intake_device_fault_open on intake_device_fault (device, rule) where closed_at = 0;
create index intake_device_fault_matter on intake_device_fault (matter_id);
create index intake_device_fault_opened on intake_device_fault (opened_at, id);

create table intake_device_reading (
  owner text collate "C" not null,
  origin text collate "C" not null,
  event text collate "C" not null,
  device text collate "C" not null references intake_device (code),
  metric text collate "C" not null,
  seq bigint not null,
  at bigint not null,
  received_at bigint not null,
  value double precision not null,
  verdict text collate "C" not null,
  primary key (owner, origin, event)
);
create index intake_device_reading_at on intake_device_reading (device, metric, at);
create index intake_device_reading_received on intake_device_reading (received_at);

create table intake_device_drop (
  hour bigint not null,
  device text collate "C" not null,
  reason text collate "C" not null,
  n bigint not null,
  first_at bigint not null,
  last_at bigint not null,
  sample text collate "C" not null,
  primary key (hour, device, reason)
);
create index intake_device_drop_device on intake_device_drop (device, hour);

create table intake_device_surge (
  hour bigint not null primary key,
  matter_id text collate "C" not null references matter (id)
);
