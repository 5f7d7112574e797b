-- Cost at a million rows: none, the tables are new.
create table assessment_exclusion (
  id text collate "C" not null primary key,
  matter_id text collate "C" not null references matter (id),
  unit_id text collate "C" not null,
  kind text collate "C" not null,      -- exclude, rating, count
  ground text collate "C" not null,
  ground_name text collate "C" not null,  -- as it was called when it was asked
  ground_rev bigint not null,
  rates text collate "C" not null,     -- names of rates, by ,
  state text collate "C" not null,     -- asked, appealed, granted, refused
  open boolean not null,
  asked_seq bigint not null,  -- the deed that asked; its note is the reason
  asked_at bigint not null,
  asked_by text collate "C" not null,
  due_at bigint not null,     -- of the decision that is awaited, or was
  decided_at bigint,
  decided_by text collate "C" not null,
  decided text collate "C" not null,       -- granted, refused, '' not yet
  appealed_at bigint,
  appealed_by text collate "C" not null,
  final_at bigint,
  final_by text collate "C" not null
);
create index assessment_exclusion_matter on assessment_exclusion (matter_id, asked_at);
create index assessment_exclusion_open on assessment_exclusion (open, due_at, id);
create index assessment_exclusion_asked on assessment_exclusion (asked_at, id);
create index assessment_exclusion_unit on assessment_exclusion (unit_id, asked_at);
