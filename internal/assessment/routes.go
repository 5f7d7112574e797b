package assessment

import "gongzhi/internal/web"

// Routes lists this feature's ways in.
func (s *Service) Routes() []web.Route {
	return append(s.acts(),
		web.Route{Method: "GET", Path: "/review", Policy: "assessment.review", Do: s.queue(reviewQueue)},
		web.Route{Method: "GET", Path: "/supervise", Policy: "assessment.supervise", Do: s.showSupervision},
		web.Route{Method: "GET", Path: "/board", Policy: "assessment.board", Do: s.showBoard},
		web.Route{Method: "GET", Path: "/callback", Policy: "assessment.callback", Do: s.queue(callbackQueue)},
	)
}
