package intake

import (
	"net/http"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/web"
)

// reportRate is how much one address may report: more than a whole office block
// behind one connection does, less than a program would.
var reportRate = web.Rate{N: 120, Per: time.Hour}

// limitReports refuses who reports far more than a person could. An address of
// this machine is not limited: it is a proxy that nobody has named, and stands
// for everybody.
func (s *Service) limitReports(r *http.Request) error {
	return limit(r, "intake.report", reportRate)
}

// limitDrafts is as much again for what is begun and not sent.
func (s *Service) limitDrafts(r *http.Request) error {
	return limit(r, "intake.draft", web.Rate{N: 3 * reportRate.N, Per: reportRate.Per})
}

func limit(r *http.Request, what string, rate web.Rate) error {
	if web.ClientIP(r).IsLoopback() {
		return nil
	}
	if err := web.LimitAddress(r, what, rate); err != nil {
		return fault.New(fault.TooMany, "intake.too_many_reports", err)
	}
	return nil
}
