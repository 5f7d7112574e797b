-- Cost at a million rows: creates empty tables, nothing to move.
create table intake_import (
  id text collate "C" not null primary key,
  name text collate "C" not null,
  file_hash text collate "C" not null,
  file text collate "C" not null,
  size bigint not null,
  mapping text collate "C" not null,
  spec text collate "C" not null,
  source text collate "C" not null,
  state text collate "C" not null,
  total bigint not null,
  rows_in bigint not null,
  imported bigint not null,
  existing bigint not null,
  refused bigint not null,
  repeats bigint not null,
  cursor_row bigint not null,
  notes text collate "C" not null,
  trouble text collate "C" not null,
  actor text collate "C" not null,
  unit text collate "C" not null,
  created_at bigint not null,
  started_at bigint,
  finished_at bigint
);
create index intake_import_newest on intake_import (created_at, id);
create index intake_import_file on intake_import (file_hash, source);

create table intake_import_problem (
  run_id text collate "C" not null references intake_import (id),
  row_number bigint not null,
  seq bigint not null,
  column_name text collate "C" not null,
  value text collate "C" not null,
  key text collate "C" not null,
  args text collate "C" not null,
  primary key (run_id, row_number, seq)
);

create table intake_import_mapping (
  code text collate "C" not null primary key,
  name text collate "C" not null,
  spec text collate "C" not null,
  actor text collate "C" not null,
  created_at bigint not null
);
