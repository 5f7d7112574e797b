package intake

import (
	"slices"

	"gongzhi/internal/web"
)

// Routes lists this feature's ways in.
func (s *Service) Routes() []web.Route {
	return slices.Concat(s.residentRoutes(), s.deskRoutes(), s.smsRoutes(), s.importRoutes())
}

// residentRoutes need no account.
func (s *Service) residentRoutes() []web.Route {
	const everybody = "public"
	return []web.Route{
		{Method: "GET", Path: "/{$}", Policy: everybody, Do: s.showHome},
		{Method: "GET", Path: "/nearby", Policy: everybody, Do: s.showNearby},
		{Method: "GET", Path: "/feed/all", Policy: everybody, Do: s.showFeed},
		{Method: "GET", Path: "/feed/area/{area}", Policy: everybody, Do: s.showFeed},
		{Method: "GET", Path: "/feed/category/{category}", Policy: everybody, Do: s.showFeed},
		{Method: "GET", Path: "/feed/area/{area}/category/{category}", Policy: everybody, Do: s.showFeed},
		{Method: "GET", Path: "/public/{number}", Policy: everybody, Do: s.showPublic},
		{Method: "GET", Path: "/public/{number}/file/{file}", Policy: everybody, Do: s.showPublicFile},
		{Method: "GET", Path: "/public/{number}/file/{file}/{size}", Policy: everybody, Do: s.showPublicFile},
		{Method: "GET", Path: "/public/{number}/why", Policy: everybody, Do: s.showPublicWhy},
		{Method: "GET", Path: "/public/{number}/follow", Policy: everybody, Do: s.showPublicFollow},
		{Method: "POST", Path: "/public/{number}/follow", Policy: everybody, Do: s.postPublicFollow},
		{Method: "GET", Path: "/community", Policy: everybody, Do: s.showCommunity},

		{Method: "GET", Path: "/report", Policy: everybody, Do: s.showStart},
		{Method: "POST", Path: "/report", Policy: everybody, Do: s.postStart, Body: uploadSize},
		{Method: "POST", Path: "/report/alike", Policy: everybody, Do: s.postHint},
		{Method: "GET", Path: "/report/{draft}", Policy: everybody, Do: s.begun(s.showWhat)},
		{Method: "POST", Path: "/report/{draft}", Policy: everybody, Do: s.begun(s.postWhat), Body: uploadSize},
		{Method: "GET", Path: "/report/{draft}/photo/{n}", Policy: everybody, Do: s.begun(s.showDraftPhoto)},
		{Method: "GET", Path: "/report/{draft}/map.svg", Policy: everybody, Do: s.begun(s.showDraftMap)},
		{Method: "GET", Path: "/report/{draft}/where", Policy: everybody, Do: s.begun(s.showWhere)},
		{Method: "POST", Path: "/report/{draft}/where", Policy: everybody, Do: s.begun(s.postWhere)},
		{Method: "GET", Path: "/report/{draft}/like", Policy: everybody, Do: s.begun(s.showLike)},
		{Method: "GET", Path: "/report/{draft}/follow/{number}", Policy: everybody, Do: s.begun(s.showDraftFollow)},
		{Method: "POST", Path: "/report/{draft}/follow/{number}", Policy: everybody, Do: s.begun(s.postDraftFollow)},
		{Method: "GET", Path: "/report/{draft}/about", Policy: everybody, Do: s.begun(s.showAbout)},
		{Method: "POST", Path: "/report/{draft}/about", Policy: everybody, Do: s.begun(s.postAbout)},
		{Method: "GET", Path: "/report/{draft}/category", Policy: everybody, Do: s.begun(s.showCategory)},
		{Method: "POST", Path: "/report/{draft}/category", Policy: everybody, Do: s.begun(s.postCategory)},
		{Method: "GET", Path: "/report/{draft}/contact", Policy: everybody, Do: s.begun(s.showContact)},
		{Method: "POST", Path: "/report/{draft}/contact", Policy: everybody, Do: s.begun(s.postContact)},
		{Method: "GET", Path: "/report/{draft}/check", Policy: everybody, Do: s.begun(s.showCheck)},
		{Method: "POST", Path: "/report/{draft}/check", Policy: everybody, Do: s.begun(s.postCheck)},

		{Method: "POST", Path: "/report/heed", Policy: everybody, Do: s.postHeed},
		{Method: "GET", Path: "/report/quick", Policy: everybody, Do: s.showQuick},
		{Method: "POST", Path: "/report/quick", Policy: everybody, Do: s.postQuick, Body: uploadSize},

		{Method: "GET", Path: "/track", Policy: everybody, Do: s.showTrack},
		{Method: "POST", Path: "/track", Policy: everybody, Do: s.postTrack},

		{Method: "GET", Path: "/r/{number}/{code}", Policy: everybody, Do: s.showReceipt},
		{Method: "GET", Path: "/r/{number}/{code}/why", Policy: everybody, Do: s.showWhy},
		{Method: "POST", Path: "/r/{number}/{code}/why", Policy: everybody, Do: s.postWhy},
		{Method: "GET", Path: "/r/{number}/{code}/file/{file}", Policy: everybody, Do: s.showFile},
		{Method: "GET", Path: "/r/{number}/{code}/file/{file}/{size}", Policy: everybody, Do: s.showFile},
		{Method: "POST", Path: "/r/{number}/{code}/supplement", Policy: everybody, Do: s.act("supplement", s.postSupplement), Body: uploadSize},
		{Method: "POST", Path: "/r/{number}/{code}/urge", Policy: everybody, Do: s.act("urge", s.postUrge)},
		{Method: "POST", Path: "/r/{number}/{code}/withdraw", Policy: everybody, Do: s.act("withdraw", s.postWithdraw)},
		{Method: "POST", Path: "/r/{number}/{code}/rate", Policy: everybody, Do: s.act("rate", s.postRate)},
		{Method: "POST", Path: "/r/{number}/{code}/unsolved", Policy: everybody, Do: s.act("unsolved", s.postUnsolved)},
		{Method: "POST", Path: "/r/{number}/{code}/hears", Policy: everybody, Do: s.act("hears", s.postHears)},
		{Method: "POST", Path: "/r/{number}/{code}/unfollow", Policy: everybody, Do: s.postUnfollow},
	}
}
