-- Cost at a million rows: none, the table is new; the watcher request/repeats fills it from the history.
create table request_repeat (
  matter_id text collate "C" not null primary key references matter (id),
  nth bigint not null,    -- how many times its reporter has reported this matter up to it
  people bigint not null  -- how many people have reported it
);
create index request_repeat_nth on request_repeat (nth, matter_id);
create index request_repeat_people on request_repeat (people, matter_id);
