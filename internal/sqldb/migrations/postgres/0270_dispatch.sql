-- Cost at a million rows: reads the open ones of matter once, some seconds.
create index dispatch_due on matter (state, coalesce(due_at, 1152921504606846976), id) where open;
