-- cost at a million rows: new tables, instant; the watcher then writes a row for each request, some minutes
create table advice_model (
  id           text collate "C" not null primary key,
  subject      text collate "C" not null,
  state        text collate "C" not null,
  made_at      bigint not null,
  changed_at   bigint not null,
  changed_by   text collate "C" not null,
  decided      bigint not null,
  examples     bigint not null,
  texts        bigint not null,
  judged       bigint not null,
  right_new    bigint not null,
  right_old    bigint not null,
  content      bytea not null
);
create index advice_model_state on advice_model (subject, state, made_at);

create table advice_case (
  matter_id    text collate "C" not null primary key references matter (id),
  at           bigint not null,
  category     text collate "C" not null,
  share        double precision not null,
  second       text collate "C" not null,
  third        text collate "C" not null,
  type         text collate "C" not null,
  unit         text collate "C" not null,
  unit_share   double precision not null,
  model        text collate "C" not null,
  chosen       text collate "C" not null,
  chosen_type  text collate "C" not null,
  first_unit   text collate "C" not null,
  chosen_unit  text collate "C" not null,
  decided_at   bigint not null,
  returned     boolean not null,
  direct       boolean not null
);
create index advice_case_decided on advice_case (decided_at, matter_id);
create index advice_case_chosen on advice_case (category, decided_at);

create table advice_direct (
  category     text collate "C" not null primary key,
  at           bigint not null,
  by_staff     text collate "C" not null
);
