package datasecurity

import "gongzhi/internal/web"

// Routes lists this feature's ways in.
func (s *Service) Routes() []web.Route {
	return append([]web.Route{
		{Method: "GET", Path: "/case/{number}/contact/{id}", Policy: "request.contact", Do: s.askReason},
		{Method: "POST", Path: "/case/{number}/contact/{id}", Policy: "request.contact", Do: s.reveal},
		{Method: "GET", Path: "/audit", Policy: "datasecurity.audit", Do: s.audit},
	}, s.exportRoutes()...)
}
