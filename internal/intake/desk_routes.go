package intake

import "gongzhi/internal/web"

// deskRoutes are the ways in of agents and of imports.
func (s *Service) deskRoutes() []web.Route { return nil }
