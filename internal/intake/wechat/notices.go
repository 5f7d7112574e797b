package wechat

import (
	"context"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/intake"
	"gongzhi/internal/matter"
	"gongzhi/internal/notice"
	"gongzhi/internal/sqldb"
	wx "gongzhi/internal/wechat"
)

// Notices is the account as a way to people: notices go out in its templates.
type Notices struct{ *Service }

// openFor is how long it is believed that the account is connected: it is asked
// within units of work, which must not wait for another one.
const openFor = 10 * time.Second

// Open reports whether the account is connected and may call the API.
func (n Notices) Open() bool {
	now := n.DB.Now()
	n.mu.Lock()
	known, open := now.Sub(n.asked) < openFor && !n.asked.IsZero(), n.open
	n.mu.Unlock()
	if known {
		return open
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	a, err := n.Account(ctx)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked, n.open = now, err == nil && a.Secret != ""
	return n.open
}

// Send sends one notice. The same key within ten minutes is sent once.
func (n Notices) Send(ctx context.Context, p notice.Parcel) (notice.Outcome, error) {
	a, err := n.Account(ctx)
	if err != nil {
		return notice.Outcome{}, notice.Trouble{Reason: notice.ReasonDown, Err: err}
	}
	t := wx.Template{OpenID: p.OpenID, ID: p.Subject, Fields: map[string]string{}, Once: p.Key[:min(len(p.Key), 32)]}
	for _, f := range p.Fields {
		t.Fields[f.Name] = f.Text
	}
	follows := true
	err = n.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		if follows, err = n.Follows(tx, p.OpenID); err == nil {
			t.URL, err = n.receipt(tx, p.OpenID, p.Matter)
		}
		return err
	})
	if err != nil {
		return notice.Outcome{}, err
	}
	if t.URL == "" {
		t.URL = p.Link
	}
	if !follows {
		return notice.Outcome{}, notice.Refuse(notice.ReasonRejected+":unsubscribed", nil)
	}
	id, err := n.Client.SendTemplate(ctx, a.Account, t)
	return notice.Outcome{State: notice.Accepted, Via: notice.WeChat, Ref: id}, n.judged(ctx, err)
}

// judged says whether trying again may help.
func (n Notices) judged(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return n.noteTrouble(ctx, nil)
	case wx.Permanent(err):
		return notice.Refuse(notice.ReasonRejected, err)
	}
	if e := n.noteTrouble(ctx, err); e != nil {
		return e
	}
	if wx.CodeOf(err) != 0 {
		return notice.Trouble{Reason: notice.ReasonBusy, Err: err}
	}
	return notice.Trouble{Reason: notice.ReasonDown, Err: err}
}

// receipt is the address of the person's own receipt, "" when it is not known here.
func (s *Service) receipt(tx *sqldb.Tx, openID string, m matter.ID) (string, error) {
	if s.BaseURL == "" {
		return "", nil
	}
	token := s.token(openID)
	var number, sealed string
	err := tx.QueryRow(`select coalesce(max(number), ''), coalesce(max(code), '') from intake_wechat_case where user_token = $1 and matter_id = $2`, token, m).Scan(&number, &sealed)
	if err != nil || number == "" {
		return "", err
	}
	code, err := s.Vault.Open(sealed, caseRow(token, m))
	if err != nil {
		return "", fault.New(fault.Internal, "web.internal", err)
	}
	return s.BaseURL + intake.Receipt{Number: number, Code: code}.Path(), nil
}
