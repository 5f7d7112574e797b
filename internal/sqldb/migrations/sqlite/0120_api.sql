-- Cost at a million rows: creates empty tables, nothing to move.
create table api_answer (
  id text not null primary key,
  request text not null,
  answer text not null,
  at integer not null
) strict;
create index api_answer_at on api_answer (at);
