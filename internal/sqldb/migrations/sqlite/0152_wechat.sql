-- Cost at a million rows: a column of a table that was never large is dropped.
alter table intake_wechat_user drop column openid;
