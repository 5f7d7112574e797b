package webhook

import "gongzhi/internal/web"

// Routes lists the ways in of this feature.
func (s *Service) Routes() []web.Route {
	const look, edit = "webhook.look", "webhook.edit"
	return []web.Route{
		{Method: "GET", Path: "/setup/webhooks", Policy: look, Do: s.showList},
		{Method: "GET", Path: "/setup/webhooks/new", Policy: edit, Do: s.showNew},
		{Method: "POST", Path: "/setup/webhooks/new", Policy: edit, Do: s.postOne},
		{Method: "GET", Path: "/setup/webhooks/dead", Policy: look, Do: s.showDead},
		{Method: "POST", Path: "/setup/webhooks/replay", Policy: edit, Do: s.postReplay},
		{Method: "GET", Path: "/setup/webhooks/entry/{id}", Policy: look, Do: s.showOne},
		{Method: "POST", Path: "/setup/webhooks/entry/{id}", Policy: edit, Do: s.postOne},
		{Method: "POST", Path: "/setup/webhooks/entry/{id}/secret", Policy: edit, Do: s.postSecret},
	}
}
