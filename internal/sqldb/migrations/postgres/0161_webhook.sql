-- Cost at a million rows: creates empty tables, nothing to move.
create table webhook_subscription (
  id text collate "C" not null primary key,
  name text collate "C" not null,
  url text collate "C" not null,
  deeds text collate "C" not null,
  unit text collate "C" not null,
  category text collate "C" not null,
  private boolean not null,
  active boolean not null,
  since bigint not null,
  failures bigint not null,
  paused_until bigint not null,
  rev bigint not null
);

create table webhook_key (
  id text collate "C" not null primary key,
  subscription text collate "C" not null references webhook_subscription (id),
  secret text collate "C" not null,
  created_at bigint not null,
  expires_at bigint not null
);
create index webhook_key_of on webhook_key (subscription);

create table webhook_delivery (
  id text collate "C" not null primary key,
  subscription text collate "C" not null references webhook_subscription (id),
  matter_id text collate "C" not null references matter (id),
  seq bigint not null,
  deed text collate "C" not null,
  happened_at bigint not null,
  state text collate "C" not null,
  attempts bigint not null,
  next_at bigint not null,
  lease_until bigint not null,
  status bigint not null,
  took_us bigint not null,
  trouble text collate "C" not null,
  created_at bigint not null,
  tried_at bigint not null,
  unique (subscription, matter_id, seq)
);
create index webhook_delivery_due on webhook_delivery (subscription, next_at, id) where state = 'queued';
create index webhook_delivery_newest on webhook_delivery (subscription, id);
create index webhook_delivery_dead on webhook_delivery (id) where state = 'dead';
create index webhook_delivery_done on webhook_delivery (tried_at) where state in ('done', 'withheld');
