package intake

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/locale"
	"gongzhi/internal/matter"
	"gongzhi/internal/notice"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/vault"
)

// Reply is an SMS that somebody wrote to the city's number. ID is the gateway's.
type Reply struct{ ID, Phone, Words string }

// TakeReplies takes SMS: by the words of the city (notice.Answers) a person rates
// what is solved, brings back what is not, withdraws, or wants no more notices; any
// other words are added to the request that is open. Words of somebody who has
// none become a new request. The same SMS twice is taken once. Each stands in the
// list of SMS with what became of it; what nobody understood waits there.
func (s *Service) TakeReplies(ctx context.Context, via string, list []Reply) error {
	for _, r := range list {
		r.Words, r.Phone = firstRunes(strings.TrimSpace(r.Words), MaxBody), vault.NormalPhone(r.Phone)
		if r.ID == "" { // the gateway names none: the same words within ten minutes are one
			r.ID = s.Vault.Token("sms", fmt.Sprint(r.Phone, "\n", r.Words, "\n", s.DB.Now().Unix()/600))
		}
		if err := s.takeReply(ctx, via, r); err != nil {
			return fmt.Errorf("take SMS %s of %s: %w", r.ID, via, err)
		}
	}
	return nil
}

var replyNumber = regexp.MustCompile(`\d{12}`)

// shortestReport is how many characters make words a request of their own.
const shortestReport = 4

func (s *Service) takeReply(ctx context.Context, via string, r Reply) error {
	opens := false
	err := s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if known, err := deliveredBefore(tx, via, r.ID); known || err != nil {
			return err
		}
		said := r
		list, err := s.askedBy(tx, &said)
		if err != nil {
			return err
		}
		if len(list) > 0 {
			became, err := s.answerReply(tx, list, said.Words)
			if err != nil {
				return err
			}
			return s.keepSMS(tx, via, r, became)
		}
		deed := s.readReply(r.Words).deed
		if opens = deed == notice.AnswerAdd && r.Phone != "" && utf8.RuneCountInString(r.Words) >= shortestReport; opens {
			return nil
		}
		return s.keepSMS(tx, via, r, SMS{State: SMSUnread, Deed: deed, Attention: true})
	})
	if err != nil || !opens {
		return err
	}
	return s.openBySMS(ctx, via, r)
}

// openBySMS makes a request of words of somebody who has none open.
func (s *Service) openBySMS(ctx context.Context, via string, r Reply) error {
	number, err := s.Numbers.Next(ctx, s.DB.Now())
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if known, err := deliveredBefore(tx, via, r.ID); known || err != nil {
			return err
		}
		out, err := s.ReceiveTx(tx, actor.Actor{}, Report{Draft: oncePrefix + "sms/" + via + "/" + r.ID, Number: number, Channel: "sms", Body: r.Words, Phone: r.Phone})
		if fault.KindOf(err) == fault.Invalid { // a rule of intake that a person must look at
			key, _ := fault.KeyOf(err)
			return s.keepSMS(tx, via, r, SMS{State: SMSUnread, Deed: notice.AnswerAdd, Why: key, Attention: true})
		}
		if err != nil {
			return err
		}
		return s.keepSMS(tx, via, r, SMS{State: SMSCase, Deed: notice.AnswerAdd, Matter: out.ID})
	})
}

func firstRunes(text string, n int) string {
	if runes := []rune(text); len(runes) > n {
		return string(runes[:n])
	}
	return text
}

// askedBy are the requests of a number that its words can be about: the one they
// name, or those for which they make sense, the newest first. Words that are no
// command are about an open request only.
func (s *Service) askedBy(tx *sqldb.Tx, r *Reply) ([]*request.Order, error) {
	all, err := request.ByPhone(tx, s.Vault, actor.System, r.Phone, 20)
	if err != nil {
		return nil, err
	}
	own, err := reportedFrom(tx, s.Vault, r.Phone)
	if err != nil {
		return nil, err
	}
	named := replyNumber.FindString(strings.ReplaceAll(r.Words, " ", ""))
	var out []*request.Order
	for _, o := range all {
		switch {
		case !own[o.ID]:
		case named != "" && o.Number == named:
			r.Words = strings.TrimSpace(strings.Replace(strings.ReplaceAll(r.Words, " ", ""), named, "", 1))
			return []*request.Order{o}, nil
		case fitting(o, s.readReply(r.Words).deed):
			out = append(out, o)
		}
	}
	return out, nil
}

// reportedFrom are the requests that a number reported, and not only follows.
func reportedFrom(tx *sqldb.Tx, v request.Sealer, phone string) (map[matter.ID]bool, error) {
	rows, err := tx.Query(`select matter_id from request_contact where phone_token = $1 and kind = 'requester'`, v.Token("phone", phone))
	if err != nil {
		return nil, fmt.Errorf("requests of a number: %w", err)
	}
	defer rows.Close()
	out := map[matter.ID]bool{}
	for rows.Next() {
		var m matter.ID
		if err := rows.Scan(&m); err != nil {
			return nil, err
		}
		out[m] = true
	}
	return out, rows.Err()
}

func fitting(o *request.Order, deed string) bool {
	switch deed {
	case notice.AnswerRate:
		return Rateable(o)
	case notice.AnswerUnsolved:
		return Rateable(o) || over(o)
	case notice.AnswerWithdraw:
		return request.Life.Allows(o.State, request.DeedWithdrawn)
	case notice.AnswerStop:
		return true
	}
	return o.Open && request.Life.Allows(o.State, request.DeedSupplemented)
}

// answerReply does what the words ask and tells the person. Where they could mean
// more than one request, nothing is done and the person is asked which.
func (s *Service) answerReply(tx *sqldb.Tx, list []*request.Order, words string) (SMS, error) {
	o := list[0]
	said := s.readReply(words)
	became := SMS{State: SMSDone, Deed: said.deed, Matter: o.ID}
	contact, err := reporterOf(tx, o)
	if err != nil {
		return became, err
	}
	if len(list) > 1 && (said.deed == notice.AnswerRate || said.deed == notice.AnswerWithdraw) {
		var lines []string
		for _, x := range list {
			lines = append(lines, id.ShowNumber(x.Number)+" "+x.Title)
		}
		became.State = SMSAsked
		return became, o.TellOne(tx, "reply_which", contact, map[string]string{"清单": strings.Join(lines, "；")})
	}
	template, err := s.doReply(tx, o, said)
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Conflict:
		key, args := fault.KeyOf(err)
		became.State, became.Why, became.Attention = SMSRefused, key, true
		return became, o.TellOne(tx, "reply_failed", contact, map[string]string{"原因": locale.T(locale.ZH, key, args...)})
	}
	if err != nil {
		return became, err
	}
	if template == "" {
		return became, s.StopTx(tx, o.ID, contact) // who wants silence is not answered
	}
	now, err := request.Load(tx, actor.System, o.ID, 0)
	if err != nil {
		return became, err
	}
	return became, now.TellOne(tx, template, contact, nil)
}

func (s *Service) doReply(tx *sqldb.Tx, o *request.Order, said saidSMS) (template string, err error) {
	switch said.deed {
	case notice.AnswerRate:
		return "reply_rated", s.RateTx(tx, holder, Rating{ID: o.ID, Solved: said.solved(), Stars: said.stars, Text: said.rest})
	case notice.AnswerUnsolved:
		return "reply_unsolved", s.UnsolvedTx(tx, holder, o.ID, said.all)
	case notice.AnswerWithdraw:
		return "reply_withdrawn", s.WithdrawTx(tx, holder, o.ID, said.all)
	case notice.AnswerStop:
		return "", nil
	}
	return "reply_supplemented", s.SupplementTx(tx, holder, Supplement{ID: o.ID, Text: firstRunes(said.all, MaxBody)})
}

func reporterOf(tx *sqldb.Tx, o *request.Order) (contact string, err error) {
	err = tx.QueryRow(`select id from request_contact where matter_id = $1 and kind = 'requester' order by created_at desc, id desc limit 1`, o.ID).Scan(&contact)
	return contact, err
}
