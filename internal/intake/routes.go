package intake

import "gongzhi/internal/web"

// Routes lists this feature's ways in.
func (s *Service) Routes() []web.Route {
	return append(s.residentRoutes(), s.deskRoutes()...)
}

// residentRoutes need no account.
func (s *Service) residentRoutes() []web.Route {
	const everybody = "public"
	return []web.Route{
		{Method: "GET", Path: "/report/quick", Policy: everybody, Do: s.showQuick},
		{Method: "POST", Path: "/report/quick", Policy: everybody, Do: s.postQuick, Body: uploadSize},

		{Method: "GET", Path: "/track", Policy: everybody, Do: s.showTrack},
		{Method: "POST", Path: "/track", Policy: everybody, Do: s.postTrack},

		{Method: "GET", Path: "/r/{number}/{code}", Policy: everybody, Do: s.showReceipt},
		{Method: "GET", Path: "/r/{number}/{code}/file/{file}", Policy: everybody, Do: s.showFile},
		{Method: "GET", Path: "/r/{number}/{code}/file/{file}/{size}", Policy: everybody, Do: s.showFile},
		{Method: "POST", Path: "/r/{number}/{code}/supplement", Policy: everybody, Do: s.act("supplement", true, s.postSupplement), Body: uploadSize},
		{Method: "POST", Path: "/r/{number}/{code}/urge", Policy: everybody, Do: s.act("urge", true, s.postUrge)},
		{Method: "POST", Path: "/r/{number}/{code}/withdraw", Policy: everybody, Do: s.act("withdraw", true, s.postWithdraw)},
		{Method: "POST", Path: "/r/{number}/{code}/rate", Policy: everybody, Do: s.act("rate", true, s.postRate)},
	}
}
