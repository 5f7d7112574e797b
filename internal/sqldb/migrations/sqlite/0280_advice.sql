-- cost at a million rows: a new table, instant
create table advice_curve (
  model_id     text not null references advice_model (id),
  learnt       integer not null,
  judged       integer not null,
  hits         integer not null,
  primary key (model_id, learnt)
) strict;
