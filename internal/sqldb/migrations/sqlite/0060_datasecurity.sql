-- Cost at a million rows: three indexes over logs that are short beside the requests, a second or two.
create index datasecurity_look_actor on request_look (actor, at, id);
create index datasecurity_look_matter on request_look (matter_id, at);
create index datasecurity_deed_kind on actor_deed (deed, at, id);
-- Who looked and who changed what is never rewritten.
create trigger datasecurity_look_no_update before update on request_look begin select raise(abort, 'the log is append-only'); end;
create trigger datasecurity_look_no_delete before delete on request_look begin select raise(abort, 'the log is append-only'); end;
create trigger datasecurity_deed_no_update before update on actor_deed begin select raise(abort, 'the log is append-only'); end;
create trigger datasecurity_deed_no_delete before delete on actor_deed begin select raise(abort, 'the log is append-only'); end;
