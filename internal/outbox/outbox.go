// Package outbox is where the office sees what it told people and how far each
// message truly came, sends one again, and decides how people are told: the
// rules, the words, the gateways.
package outbox

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"gongzhi/internal/catalog"
	"gongzhi/internal/notice"
	"gongzhi/internal/outbound"
	"gongzhi/internal/page"
	"gongzhi/internal/sms"
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
	Out     *outbound.Client
	BaseURL string // how gateways reach us; "" where the city has no address yet
	Demo    bool   // the channels are rehearsed inside of the program

	// Inbound takes messages that people wrote to the city's number.
	Inbound func(ctx context.Context, via string, list []sms.Text) error

	known atomic.Pointer[[]Gateway]
}

// Routes lists this feature's ways in.
func (s *Service) Routes() []web.Route {
	list := s.routes()
	if s.Demo {
		list = append(list, web.Route{Method: "POST", Path: "/demo/reply/{id}", Policy: "notice.resend", Do: s.postReplyAs})
	}
	return list
}

func (s *Service) routes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: "/outbox", Policy: "notice.look", Do: s.showList},
		{Method: "GET", Path: "/outbox/{id}", Policy: "notice.look", Do: s.showMessage},
		{Method: "POST", Path: "/outbox/{id}/again", Policy: "notice.resend", Do: s.postAgain},

		{Method: "GET", Path: "/setup/sms", Policy: "setup.look", Do: s.showGateways},
		{Method: "GET", Path: "/setup/sms/new", Policy: "setup.city", Do: s.newGateway},
		{Method: "POST", Path: "/setup/sms/new", Policy: "setup.city", Do: s.postGateway},
		{Method: "GET", Path: "/setup/sms/gateway/{id}", Policy: "setup.city", Do: s.showGateway},
		{Method: "POST", Path: "/setup/sms/gateway/{id}", Policy: "setup.city", Do: s.postGateway},
		{Method: "POST", Path: "/setup/sms/gateway/{id}/test", Policy: "setup.city", Do: s.postTest, Rate: web.Rate{N: 20, Per: time.Minute}},
		{Method: "POST", Path: "/setup/sms/gateway/{id}/door", Policy: "setup.city", Do: s.postDoor},

		// The secret in the address is the proof; many gateways know no other.
		{Method: "POST", Path: "/gateway/{id}/{door}/report", Policy: "public", Do: s.postReport, API: true, Signed: true, Body: mostBody},
		{Method: "GET", Path: "/gateway/{id}/{door}/report", Policy: "public", Do: s.postReport, API: true},
		{Method: "POST", Path: "/gateway/{id}/{door}/reply", Policy: "public", Do: s.postReply, API: true, Signed: true, Body: mostBody},
		{Method: "GET", Path: "/gateway/{id}/{door}/reply", Policy: "public", Do: s.postReply, API: true},
	}
}
