package outbox

import (
	"context"
	"errors"
	"io"
	"net/http"

	"gongzhi/internal/fault"
	"gongzhi/internal/notice"
	"gongzhi/internal/sms"
)

// mostBody is the largest call of a gateway that is read.
const mostBody = 1 << 20

// postReport takes delivery reports that a gateway brings.
func (s *Service) postReport(w http.ResponseWriter, r *http.Request) error {
	return s.called(w, r, func(g Gateway, body []byte) error {
		list, err := g.Is.ReadReports(body, r.Header.Get("Content-Type"), r.URL.Query())
		if err != nil {
			return err
		}
		return s.Office.Report(r.Context(), g.ID, reports(list))
	})
}

// postReply takes messages that people wrote.
func (s *Service) postReply(w http.ResponseWriter, r *http.Request) error {
	return s.called(w, r, func(g Gateway, body []byte) error {
		list, err := g.Is.ReadReplies(body, r.Header.Get("Content-Type"), r.URL.Query())
		if err != nil || s.Inbound == nil {
			return err
		}
		return s.Inbound(r.Context(), g.ID, list)
	})
}

// called is one call of a gateway. What cannot be read is refused with a status
// that makes the gateway's own log show it, and noted on the gateway's page.
func (s *Service) called(w http.ResponseWriter, r *http.Request, take func(Gateway, []byte) error) error {
	g, err := s.knock(r.PathValue("id"), r.PathValue("door"))
	if err != nil {
		return err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return fault.New(fault.Invalid, "web.malformed", err)
	}
	if err := take(g, body); err != nil {
		if fault.KindOf(err) == fault.Internal && !errors.Is(err, context.Canceled) && errors.Is(err, sms.ErrNothing) {
			s.note(r.Context(), g, notice.ReasonUnread)
			return fault.New(fault.Invalid, "outbox.unread", err)
		}
		return err
	}
	answer := g.Is.Answer
	if answer == "" {
		answer = "ok"
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err = io.WriteString(w, answer)
	return err
}

func reports(list []sms.Delivery) []notice.Report {
	out := make([]notice.Report, len(list))
	for i, d := range list {
		out[i] = notice.Report{Ref: d.ID, Key: d.Key, State: notice.Failed, Reason: d.Reason}
		if d.Delivered {
			out[i].State = notice.Delivered
		}
	}
	return out
}

// Ask fetches reports and messages from the gateways that want to be asked. One
// that does not answer keeps no other from being asked.
func (s *Service) Ask(ctx context.Context) error {
	var failed []error
	for _, g := range s.inUse() {
		if err := s.ask(ctx, g); err != nil && !notAnswering(err) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

func (s *Service) ask(ctx context.Context, g Gateway) error {
	if g.Is.Reports.URL != "" {
		list, err := g.Is.AskReports(ctx, s.Out, g.Secrets, s.DB.Now())
		if err != nil {
			return err
		}
		if err := s.Office.Report(ctx, g.ID, reports(list)); err != nil {
			return err
		}
	}
	if g.Is.Replies.URL == "" || s.Inbound == nil {
		return nil
	}
	list, err := g.Is.AskReplies(ctx, s.Out, g.Secrets, s.DB.Now())
	if err != nil {
		return err
	}
	return s.Inbound(ctx, g.ID, list)
}

// notAnswering is a gateway's fault, which the next round asks about again.
func notAnswering(err error) bool {
	var f *sms.Failed
	return errors.As(err, &f)
}
