-- cost at a million rows: new tables, instant; the watcher then writes a row for each request, some minutes
create table advice_model (
  id           text not null primary key,
  subject      text not null,
  state        text not null,
  made_at      integer not null,
  changed_at   integer not null,
  changed_by   text not null,
  decided      integer not null,
  examples     integer not null,
  texts        integer not null,
  judged       integer not null,
  right_new    integer not null,
  right_old    integer not null,
  content      blob not null
) strict;
create index advice_model_state on advice_model (subject, state, made_at);

create table advice_case (
  matter_id    text not null primary key references matter (id),
  at           integer not null,
  category     text not null,
  share        real not null,
  second       text not null,
  third        text not null,
  type         text not null,
  unit         text not null,
  unit_share   real not null,
  model        text not null,
  chosen       text not null,
  chosen_type  text not null,
  first_unit   text not null,
  chosen_unit  text not null,
  decided_at   integer not null,
  returned     integer not null,
  direct       integer not null
) strict;
create index advice_case_decided on advice_case (decided_at, matter_id);
create index advice_case_chosen on advice_case (category, decided_at);

create table advice_direct (
  category     text not null primary key,
  at           integer not null,
  by_staff     text not null
) strict;
