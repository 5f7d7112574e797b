package intake

import (
	"gongzhi/internal/actor"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
)

// Panels are the acts of this feature on the page of a request.
func (s *Service) Panels(tx *sqldb.Tx, b page.Base, a actor.Actor, o *request.Order, f *show.Failed) ([]show.Panel, error) {
	return s.voicePanel(tx, b, a, o, f)
}
