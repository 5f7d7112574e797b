-- Cost at a million rows: one row of settings.
alter table intake_wechat_account drop column templates;
alter table intake_wechat_account drop column message_at;
