package setup

import (
	"context"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/sqldb"
)

// accountAPI is what the security administrator does with accounts, beside
// their entries.
func (s *Service) accountAPI(a *api.API) {
	api.Add(a, api.Op{ID: "staff-reset", Method: "POST", Path: "/setup/accounts/{key}/reset", Policy: "setup.staff", Pages: []string{"POST /setup/staff/reset/{key}"},
		Fields: map[string]string{"reset_reason": "body.reason"}}, s.apiReset)
	api.Add(a, api.Op{ID: "staff-second", Method: "POST", Path: "/setup/accounts/{key}/second", Policy: "setup.staff", Pages: []string{"POST /setup/staff/second/{key}"},
		Fields: map[string]string{"second_reason": "body.reason"}}, s.apiDropSecond)
	api.Add(a, api.Op{ID: "staff-sessions", Method: "GET", Path: "/setup/accounts/{key}/sessions", Policy: "setup.staff", Pages: []string{"GET /setup/staff/entry/{key}"}}, s.apiSessions)
	api.Add(a, api.Op{ID: "staff-end", Method: "POST", Path: "/setup/accounts/{key}/end", Policy: "setup.staff", Pages: []string{"POST /setup/staff/end/{key}"}}, s.apiEnd)
	api.Add(a, api.Op{ID: "tokens", Method: "GET", Path: "/setup/tokens", Policy: "setup.staff", Pages: []string{"GET /setup/tokens"}},
		func(ctx context.Context, in *tokensIn) (api.List[tokenItem], error) { return s.apiTokens(ctx, a, in) })
	api.Add(a, api.Op{ID: "token-revoke", Method: "DELETE", Path: "/setup/tokens/{id}", Policy: "setup.staff", Pages: []string{"POST /setup/tokens/{id}/revoke"}},
		func(ctx context.Context, in *tokenIn) (api.None, error) {
			return api.None{}, s.DB.Update(ctx, func(tx *sqldb.Tx) error { return actor.RevokeToken(tx, actor.From(ctx), in.ID) })
		})
}

type resetIn struct {
	Key  string `path:"key" maxLength:"200"`
	Body struct {
		Reason string `json:"reason" minLength:"2" maxLength:"200"`
	}
}

func (s *Service) apiReset(ctx context.Context, in *resetIn) (credentialItem, error) {
	c, err := s.Reset(ctx, actor.From(ctx), in.Key, Proof{in.Body.Reason})
	return credentialItem(c), err
}

// apiDropSecond takes the second factor of an account away.
func (s *Service) apiDropSecond(ctx context.Context, in *resetIn) (api.None, error) {
	return api.None{}, s.DropSecond(ctx, actor.From(ctx), in.Key, Proof{in.Body.Reason})
}

type accountIn struct {
	Key string `path:"key" maxLength:"200"`
}

type sessionsItem struct {
	Items []sessionItem `json:"items"`
}

type sessionItem struct {
	ID      string    `json:"id"`
	Device  string    `json:"device"`
	Created time.Time `json:"created_at"`
	Seen    time.Time `json:"seen_at"`
}

func (s *Service) apiSessions(ctx context.Context, in *accountIn) (out sessionsItem, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		account, err := staffKind().one(tx, in.Key)
		if err != nil {
			return err
		}
		list, err := actor.Visits(tx, account["_id"], "")
		for _, x := range list {
			out.Items = append(out.Items, sessionItem{x.ID, x.Device, x.Created.UTC(), x.Seen.UTC()})
		}
		return err
	})
	return out, err
}

type endIn struct {
	Key  string `path:"key" maxLength:"200"`
	Body struct {
		Session string `json:"session,omitempty" maxLength:"20"`
	}
}

func (s *Service) apiEnd(ctx context.Context, in *endIn) (api.None, error) {
	return api.None{}, s.EndSessionsOf(ctx, actor.From(ctx), in.Key, in.Body.Session)
}

type tokensIn struct{ api.Page }

// tokenItem is a token as it may be shown: never what opens the door.
type tokenItem struct {
	ID      string     `json:"id"`
	Name    string     `json:"name"`
	Login   string     `json:"login"`
	Owner   string     `json:"owner"`
	Scopes  []string   `json:"scopes"`
	Live    bool       `json:"live"`
	Created time.Time  `json:"created_at"`
	Expires time.Time  `json:"expires_at"`
	Seen    *time.Time `json:"seen_at,omitempty"`
	Revoked *time.Time `json:"revoked_at,omitempty"`
}

type tokenIn struct {
	ID string `path:"id" maxLength:"60"`
}

func (s *Service) apiTokens(ctx context.Context, a *api.API, in *tokensIn) (out api.List[tokenItem], err error) {
	var all []actor.Token
	err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		all, err = actor.AllTokens(tx)
		return err
	})
	if err != nil {
		return out, err
	}
	now := s.DB.Now()
	show := func(t actor.Token) tokenItem {
		item := tokenItem{ID: t.ID, Name: t.Name, Login: t.Login, Owner: t.Owner, Scopes: t.Scopes, Live: t.Live(now), Created: t.Created.UTC(), Expires: t.Expires.UTC()}
		item.Seen, item.Revoked = moment(t.Seen), moment(t.Revoked)
		return item
	}
	return api.Cut(a, "tokens", in.Page, all, func(t actor.Token) string { return t.ID }, show)
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
