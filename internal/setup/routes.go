package setup

import "gongzhi/internal/web"

// Routes lists this feature's ways in.
func (s *Service) Routes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: "/signin", Policy: "public", Do: s.signInForm},
		{Method: "POST", Path: "/signin", Policy: "public", Do: s.signIn},
		{Method: "POST", Path: "/signout", Policy: "account", Do: s.signOut},
	}
}
