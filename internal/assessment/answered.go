package assessment

import (
	"encoding/json"

	"gongzhi/internal/actor"
	"gongzhi/internal/reply"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// answered is what the reply check finds in an answer that was sent.
type answered struct {
	reply.Report
	Sent []string // the kinds that the writer was warned of before he sent it
}

// readAnswer reads an answer of the ledger again, by the rules of today: what is
// found may differ from what the writer was warned of, and both are shown.
func (s *Service) readAnswer(tx *sqldb.Tx, a actor.Actor, o *request.Order, l request.Line) (out answered, err error) {
	var body struct {
		Solved    string   `json:"solved"`
		Contacted bool     `json:"contacted"`
		Warned    []string `json:"warned"`
	}
	_ = json.Unmarshal([]byte(l.Body), &body) // an imported answer has none
	out.Sent = body.Warned
	for _, n := range l.Notes {
		if n.Kind == "answer" && n.Text != "" {
			d := request.AnswerDraft{Text: n.Text, Solved: body.Solved, Contacted: body.Contacted}
			out.Report, err = request.CheckAnswer(tx, s.Catalog.Book().Replies, a, o, d)
		}
	}
	return out, err
}

// latestAnswer is readAnswer of the answer that waits for its review.
func (s *Service) latestAnswer(tx *sqldb.Tx, a actor.Actor, o *request.Order) (answered, error) {
	lines, err := request.Timeline(tx, a, o)
	if err != nil {
		return answered{}, err
	}
	for i := len(lines) - 1; i >= 0; i-- {
		if lines[i].Name == request.DeedReplied {
			return s.readAnswer(tx, a, o, lines[i])
		}
	}
	return answered{}, nil
}
