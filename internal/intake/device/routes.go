package device

import (
	"time"

	"gongzhi/internal/web"
)

// Routes lists the ways in of this feature.
func (s *Service) Routes() []web.Route {
	const look, edit = "device.look", "device.edit"
	return []web.Route{
		{Method: "POST", Path: "/events", Policy: "device.send", Do: s.postEvents, API: true, Body: mostBody, Rate: web.Rate{N: 3000, Per: time.Minute}},

		{Method: "GET", Path: "/setup/devices", Policy: look, Do: s.showList},
		{Method: "GET", Path: "/setup/devices/table.xlsx", Policy: look, Do: s.tableXLSX},
		{Method: "GET", Path: "/setup/devices/table.csv", Policy: look, Do: s.tableCSV},
		{Method: "GET", Path: "/setup/devices/import", Policy: edit, Do: s.showImport},
		{Method: "POST", Path: "/setup/devices/import", Policy: edit, Do: s.postImport, Body: importSize + 1<<20},
		{Method: "GET", Path: "/setup/devices/new", Policy: edit, Do: s.showNew},
		{Method: "POST", Path: "/setup/devices/new", Policy: edit, Do: s.postNew},
		{Method: "GET", Path: "/setup/devices/entry/{code}", Policy: look, Do: s.showOne},
		{Method: "POST", Path: "/setup/devices/entry/{code}", Policy: edit, Do: s.postOne},
		{Method: "POST", Path: "/setup/devices/entry/{code}/key", Policy: edit, Do: s.postKey},
		{Method: "POST", Path: "/setup/devices/entry/{code}/revoke", Policy: edit, Do: s.postRevoke},
		{Method: "POST", Path: "/setup/devices/entry/{code}/ask", Policy: edit, Do: s.postAsk},

		{Method: "GET", Path: "/setup/devices/rules", Policy: look, Do: s.showRules},
		{Method: "GET", Path: "/setup/devices/rules/new", Policy: edit, Do: s.showNewRule},
		{Method: "POST", Path: "/setup/devices/rules/new", Policy: edit, Do: s.postRule},
		{Method: "GET", Path: "/setup/devices/rules/{rule}", Policy: look, Do: s.showRule},
		{Method: "POST", Path: "/setup/devices/rules/{rule}", Policy: edit, Do: s.postRule},

		{Method: "GET", Path: "/setup/devices/sources", Policy: look, Do: s.showSources},
		{Method: "POST", Path: "/setup/devices/sources", Policy: edit, Do: s.postSource},
		{Method: "POST", Path: "/setup/devices/sources/{source}/key", Policy: edit, Do: s.postSourceKey},
		{Method: "POST", Path: "/setup/devices/sources/{source}/revoke", Policy: edit, Do: s.postSourceRevoke},
	}
}
