-- Cost at a million rows: creates empty tables, nothing to move.
create table api_answer (
  id text collate "C" not null primary key,
  request text collate "C" not null,
  answer text collate "C" not null,
  at bigint not null
);
create index api_answer_at on api_answer (at);
