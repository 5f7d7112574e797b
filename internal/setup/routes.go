package setup

import "gongzhi/internal/web"

// Routes lists this feature's ways in.
func (s *Service) Routes() []web.Route {
	list := []web.Route{
		{Method: "GET", Path: "/account/tokens", Policy: "account", Do: s.tokensPage},
		{Method: "POST", Path: "/account/tokens", Policy: "account", Do: s.newToken},
		{Method: "POST", Path: "/account/tokens/{id}/revoke", Policy: "account", Do: s.revokeToken("/account/tokens")},
		{Method: "GET", Path: "/setup/tokens", Policy: "setup.staff", Do: s.allTokensPage},
		{Method: "POST", Path: "/setup/tokens/{id}/revoke", Policy: "setup.staff", Do: s.revokeToken("/setup/tokens")},

		{Method: "GET", Path: "/setup", Policy: "setup.look", Do: s.overview},
		{Method: "GET", Path: "/setup/check/{name}", Policy: "setup.look", Do: s.checkPage},
		{Method: "GET", Path: "/setup/duties/check", Policy: "setup.look", Do: s.dutyCheckPage},
		{Method: "GET", Path: "/setup/calendar", Policy: "setup.look", Do: s.calendarPage},
		{Method: "GET", Path: "/setup/settings", Policy: "setup.look", Do: s.settingsPage},
		{Method: "POST", Path: "/setup/settings", Policy: "setup.city", Do: s.saveSettings},
		{Method: "GET", Path: "/setup/jobs", Policy: "setup.look", Do: s.jobsPage},
		{Method: "POST", Path: "/setup/jobs/retry", Policy: "setup.city", Do: s.retryJob},
		{Method: "GET", Path: "/setup/points", Policy: "setup.look", Do: s.pointsPage},
		{Method: "POST", Path: "/setup/points", Policy: "setup.city", Do: s.decidePoint},
		{Method: "GET", Path: "/setup/backup", Policy: "setup.look", Do: s.backupPage},
		{Method: "POST", Path: "/setup/backup", Policy: "setup.city", Do: s.makeBackup},
		{Method: "POST", Path: "/setup/signals/try", Policy: "setup.look", Do: s.trySentence},
		{Method: "POST", Path: "/setup/signals/default", Policy: "setup.city", Do: s.plantSignals},
		{Method: "POST", Path: "/setup/limits/profile", Policy: "setup.catalog", Do: s.takeProfile},
		{Method: "POST", Path: "/setup/border/{key}", Policy: "setup.city", Do: s.saveBorder, Body: MaxUpload},

		{Method: "GET", Path: "/setup/first", Policy: "setup.look", Do: s.guide},
		{Method: "GET", Path: "/setup/first/workbook.xlsx", Policy: "setup.look", Do: s.guideWorkbook},
		{Method: "POST", Path: "/setup/first/import", Policy: "setup.city", Do: s.receiveAll, Body: MaxUpload},
		{Method: "GET", Path: "/setup/first/import/{upload}", Policy: "setup.city", Do: s.previewAll},
		{Method: "POST", Path: "/setup/first/import/{upload}", Policy: "setup.city", Do: s.confirmAll},
		{Method: "POST", Path: "/setup/first/tick", Policy: "setup.city", Do: s.tick},
		{Method: "POST", Path: "/setup/first/open", Policy: "setup.city", Do: s.openCity},

		{Method: "POST", Path: "/setup/staff/reset/{key}", Policy: "setup.staff", Do: s.resetPassword},
		{Method: "POST", Path: "/setup/staff/second/{key}", Policy: "setup.staff", Do: s.dropSecond},
		{Method: "POST", Path: "/setup/staff/end/{key}", Policy: "setup.staff", Do: s.endSessions},
	}
	// Accounts are the security administrator's alone, the city's data those of
	// the system administrator; others may look at the latter.
	list = append(list, s.kindRoutes("/setup/data/{kind}", "setup.look", "setup.city")...)
	return append(list, s.kindRoutes("/setup/staff", "setup.staff", "setup.staff")...)
}

func (s *Service) kindRoutes(path, look, change string) []web.Route {
	return []web.Route{
		{Method: "GET", Path: path, Policy: look, Do: s.list},
		{Method: "GET", Path: path + "/entry/{key}", Policy: look, Do: s.entry},
		{Method: "GET", Path: path + "/new", Policy: change, Do: s.newEntry},
		{Method: "POST", Path: path + "/new", Policy: change, Do: s.create},
		{Method: "POST", Path: path + "/entry/{key}", Policy: change, Do: s.save},
		{Method: "POST", Path: path + "/remove/{key}", Policy: change, Do: s.remove},
		{Method: "GET", Path: path + "/table.xlsx", Policy: look, Do: s.tableXLSX},
		{Method: "GET", Path: path + "/table.csv", Policy: look, Do: s.tableCSV},
		{Method: "GET", Path: path + "/template.xlsx", Policy: look, Do: s.templateXLSX},
		{Method: "GET", Path: path + "/import", Policy: change, Do: s.importForm},
		{Method: "POST", Path: path + "/import", Policy: change, Do: s.receive, Body: MaxUpload},
		{Method: "GET", Path: path + "/import/{upload}", Policy: change, Do: s.previewPage},
		{Method: "POST", Path: path + "/import/{upload}", Policy: change, Do: s.confirm},
	}
}
