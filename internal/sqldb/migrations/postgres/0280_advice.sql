-- cost at a million rows: a new table, instant
create table advice_curve (
  model_id     text collate "C" not null references advice_model (id),
  learnt       bigint not null,
  judged       bigint not null,
  hits         bigint not null,
  primary key (model_id, learnt)
);
