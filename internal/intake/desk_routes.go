package intake

import "gongzhi/internal/web"

// deskRoutes are the ways in of agents.
func (s *Service) deskRoutes() []web.Route {
	const agents = "intake.desk"
	return []web.Route{
		{Method: "GET", Path: "/desk", Policy: agents, Do: s.openDesk},
		{Method: "POST", Path: "/desk", Policy: agents, Do: s.postDesk},
		{Method: "POST", Path: "/desk/save", Policy: agents, Do: s.saveDesk},
		{Method: "POST", Path: "/desk/look", Policy: agents, Do: s.lookDesk},
		{Method: "GET", Path: "/desk/{call}", Policy: agents, Do: s.showDesk},
		{Method: "GET", Path: "/desk/{call}/live", Policy: agents, Do: s.liveDesk},
		{Method: "POST", Path: "/case/{number}/voice", Policy: agents, Do: s.voice},
	}
}
