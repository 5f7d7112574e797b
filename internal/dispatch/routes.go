package dispatch

import "gongzhi/internal/web"

// Routes lists this feature's ways in.
func (s *Service) Routes() []web.Route {
	list := []web.Route{
		{Method: "GET", Path: "/dispatch", Policy: "dispatch.queue", Do: s.queue},
		{Method: "GET", Path: "/dispatch/counts", Policy: "dispatch.queue", Do: s.counts},
		{Method: "POST", Path: "/dispatch", Policy: "dispatch.queue", Do: s.postQueue},
		{Method: "GET", Path: "/dispatch/merge", Policy: "dispatch.merge", Do: s.mergePreview},
		{Method: "POST", Path: "/dispatch/merge", Policy: "dispatch.merge", Do: s.postMerges},
		{Method: "POST", Path: "/dispatch/unmerge", Policy: "dispatch.merge", Do: s.postUnmerges},
		{Method: "GET", Path: "/dispatch/advice", Policy: "advice.look", Do: s.advice},
		{Method: "POST", Path: "/dispatch/advice", Policy: "advice.choose", Do: s.postAdvice},
		{Method: "GET", Path: "/dispatch/direct", Policy: "advice.look", Do: s.direct},
		{Method: "POST", Path: "/dispatch/direct/on/{category}", Policy: "dispatch.direct", Do: s.postDirectSwitch(true)},
		{Method: "POST", Path: "/dispatch/direct/off/{category}", Policy: "dispatch.direct", Do: s.postDirectSwitch(false)},
		{Method: "GET", Path: "/publish", Policy: "dispatch.publish", Do: s.screen},
		{Method: "POST", Path: "/publish", Policy: "dispatch.publish", Do: s.postScreen},
	}
	for _, p := range []struct {
		panel, policy string
		do            func(posted) error
	}{
		{"send", "dispatch.send", s.postSend},
		{"consult", "dispatch.rule", s.postConsult},
		{"consult_say", "handling.work", s.postConsultSay},
		{"consult_end", "dispatch.rule", s.postConsultEnd},
		{"objection", "dispatch.rule", s.postObjection},
		{"recall", "dispatch.rule", s.postRecall},
		{"recheck", "dispatch.rule", s.postRecheck},
		{"reclassify", "request.edit", s.postReclassify},
		{"calm", "request.edit", s.postCalm},
		{"place", "request.edit", s.postPlace},
		{"merge", "dispatch.merge", s.postMerge},
		{"unmerge", "dispatch.merge", s.postUnmerge},
		{"split", "dispatch.split", s.postSplit},
		{"direct", "dispatch.send", s.postDirect},
		{"divert", "dispatch.send", s.postDivert},
		{"urge", "request.urge", s.postUrge},
		{"publish", "dispatch.publish", s.postPublish},
	} {
		list = append(list, web.Route{Method: "POST", Path: "/case/{number}/" + p.panel, Policy: p.policy, Do: s.act(p.panel, p.do)})
	}
	return list
}
