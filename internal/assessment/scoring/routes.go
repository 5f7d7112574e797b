package scoring

import "gongzhi/internal/web"

// Routes lists the ways in of this room.
func (s *Service) Routes() []web.Route {
	const see, look, edit = "assessment.scores", "setup.look", "setup.city"
	return []web.Route{
		{Method: "GET", Path: "/scores", Policy: see, Do: s.showLeague},
		{Method: "GET", Path: "/scores/{unit}", Policy: see, Do: s.showUnit},
		{Method: "POST", Path: "/scores/{unit}/given", Policy: "assessment.give", Do: s.postGiven},
		{Method: "GET", Path: "/rates", Policy: see, Do: s.showRates},

		{Method: "GET", Path: "/setup/schemes", Policy: look, Do: s.showSchemes},
		{Method: "GET", Path: "/setup/schemes/new", Policy: edit, Do: s.showNew},
		{Method: "POST", Path: "/setup/schemes/new", Policy: edit, Do: s.postScheme, Body: uploadMost},
		{Method: "GET", Path: "/setup/schemes/{scheme}", Policy: look, Do: s.showScheme},
		{Method: "POST", Path: "/setup/schemes/{scheme}", Policy: edit, Do: s.postScheme, Body: uploadMost},
		{Method: "GET", Path: "/setup/schemes/{scheme}/scheme.json", Policy: look, Do: s.file("application/json", "json", writeJSON)},
		{Method: "GET", Path: "/setup/schemes/{scheme}/items.xlsx", Policy: look, Do: s.file("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", writeXLSX)},
		{Method: "POST", Path: "/setup/schemes/{scheme}/force", Policy: edit, Do: s.postForce},
		{Method: "POST", Path: "/setup/schemes/{scheme}/copy", Policy: edit, Do: s.postCopy},
		{Method: "POST", Path: "/setup/schemes/{scheme}/remove", Policy: edit, Do: s.postRemove},
	}
}
