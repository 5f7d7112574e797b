-- Cost at a million rows: creates empty tables, nothing to move.
create table intake_import (
  id text not null primary key,
  name text not null,
  file_hash text not null,
  file text not null,
  size integer not null,
  mapping text not null,
  spec text not null,
  source text not null,
  state text not null,
  total integer not null,
  rows_in integer not null,
  imported integer not null,
  existing integer not null,
  refused integer not null,
  repeats integer not null,
  cursor_row integer not null,
  notes text not null,
  trouble text not null,
  actor text not null,
  unit text not null,
  created_at integer not null,
  started_at integer,
  finished_at integer
) strict;
create index intake_import_newest on intake_import (created_at, id);
create index intake_import_file on intake_import (file_hash, source);

create table intake_import_problem (
  run_id text not null references intake_import (id),
  row_number integer not null,
  seq integer not null,
  column_name text not null,
  value text not null,
  key text not null,
  args text not null,
  primary key (run_id, row_number, seq)
) strict;

create table intake_import_mapping (
  code text not null primary key,
  name text not null,
  spec text not null,
  actor text not null,
  created_at integer not null
) strict;
