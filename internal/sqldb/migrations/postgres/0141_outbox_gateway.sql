-- cost at a million rows: creates empty tables, nothing to move
create table outbox_gateway (
  id text collate "C" not null primary key,
  name text collate "C" not null,
  description text collate "C" not null,
  secrets text collate "C" not null,
  door text collate "C" not null,
  active boolean not null,
  rank bigint not null,
  rev bigint not null,
  changed_at bigint not null,
  trouble text collate "C" not null,
  trouble_at bigint not null
);
