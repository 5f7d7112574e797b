-- Cost at a million rows: none, the table is new; the watcher request/marks fills it from the history, a few thousand requests a second.
create table request_mark (
  mark bigint not null,       -- what an open request can be known by: a piece of its words, its S2 cell, its address …
  opened_at bigint not null,
  matter_id text collate "C" not null,
  primary key (mark, opened_at, matter_id)
);
create index request_mark_matter on request_mark (matter_id);
