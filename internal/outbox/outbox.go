// Package outbox is where the office sees what it told people and how far each
// message truly came, sends one again, and decides how people are told: the
// rules, the words, the gateways.
package outbox

import (
	"context"
	"net/http"

	"gongzhi/internal/catalog"
	"gongzhi/internal/notice"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// Service is the outbox of one city.
type Service struct {
	DB      *sqldb.DB
	Office  *notice.Office
	Catalog *catalog.Shelf
	Base    func(w http.ResponseWriter, r *http.Request, titleKey string, args ...any) page.Base
	Reload  func(context.Context) error
	Demo    bool // the channels are rehearsed inside of the program
}

// Routes lists this feature's ways in.
func (s *Service) Routes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: "/outbox", Policy: "notice.look", Do: s.showList},
		{Method: "GET", Path: "/outbox/{id}", Policy: "notice.look", Do: s.showMessage},
		{Method: "POST", Path: "/outbox/{id}/again", Policy: "notice.resend", Do: s.postAgain},
	}
}
