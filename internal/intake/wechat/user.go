package wechat

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gongzhi/internal/locale"
	"gongzhi/internal/sqldb"
)

// user is a person who has the account open. Of his OpenID only the token is kept:
// he is found by it, and where an answer goes stands in his message.
type user struct {
	Token     string
	Following bool
	Talk      talk
}

// talk is where the conversation stands. It is sealed as a whole: it holds what
// somebody is about to report.
type talk struct {
	Lang locale.Lang `json:"lang,omitempty"`
	Step string      `json:"step,omitempty"` // what is asked, "" nothing
	At   int64       `json:"at,omitempty"`   // of the last word, to notice a pause
	Wait bool        `json:"wait,omitempty"` // after a pause: asked whether to go on

	Draft    string            `json:"draft,omitempty"`
	What     string            `json:"what,omitempty"`
	Address  string            `json:"address,omitempty"`
	Lat      float64           `json:"lat,omitempty"`
	Lng      float64           `json:"lng,omitempty"`
	Category string            `json:"category,omitempty"`
	Answers  map[string]string `json:"answers,omitempty"`
	Asked    int               `json:"asked,omitempty"` // questions of the category that are over
	Phone    string            `json:"phone,omitempty"`
	Secret   bool              `json:"secret,omitempty"`
	Liked    bool              `json:"liked,omitempty"` // similar ones were shown
	Offer    []string          `json:"offer,omitempty"` // what the numbers of the last list stand for

	Here *spot `json:"here,omitempty"` // where the phone last said it was

	Case   string `json:"case,omitempty"` // number of the request that follow-up is about
	Do     string `json:"do,omitempty"`   // what to do with the one to be picked
	Solved string `json:"solved,omitempty"`
	Reason string `json:"reason,omitempty"`
}

type spot struct {
	Lat float64 `json:"lat"`
	Lng float64 `json:"lng"`
	At  int64   `json:"at"`
}

// How long a question waits before it is asked again whether to go on, and how
// long what was begun is kept.
const (
	pauseAfter = 30 * time.Minute
	keepFor    = 24 * time.Hour
)

// reporting are the steps of a report.
func (t *talk) reporting() bool { return t.Draft != "" }

// rest ends what is going on and keeps who it is.
func (t *talk) rest() { *t = talk{Lang: t.Lang, Here: t.Here} }

func (s *Service) token(openID string) string { return s.Vault.Token("openid", openID) }

func userRow(token string) string { return "intake_wechat_user/" + token }

func (s *Service) loadUser(tx *sqldb.Tx, openID string) (*user, error) {
	u := &user{Token: s.token(openID), Following: true}
	var sealed string
	err := tx.QueryRow(`select following, state from intake_wechat_user where token = $1`, u.Token).Scan(&u.Following, &sealed)
	if errors.Is(err, sql.ErrNoRows) || err == nil && sealed == "" {
		return u, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read a WeChat user: %w", err)
	}
	raw, err := s.Vault.Open(sealed, userRow(u.Token))
	if err != nil {
		return nil, fmt.Errorf("open a conversation: %w", err)
	}
	return u, json.Unmarshal([]byte(raw), &u.Talk)
}

func (s *Service) saveUser(tx *sqldb.Tx, u *user) error {
	u.Talk.At = tx.Now.UnixMicro()
	raw, err := json.Marshal(u.Talk)
	if err != nil {
		return err
	}
	state, err := s.Vault.Seal(string(raw), userRow(u.Token))
	if err != nil {
		return err
	}
	const q = `insert into intake_wechat_user(token, following, state, changed_at) values ($1, $2, $3, $4)
		on conflict (token) do update set following = excluded.following, state = excluded.state, changed_at = excluded.changed_at`
	return tx.Exec(q, u.Token, u.Following, state, u.Talk.At)
}

// Follows reports whether a message to the person can arrive: he has not left the
// account. Of one we never heard of we do not know, and try.
func (s *Service) Follows(tx *sqldb.Tx, openID string) (bool, error) {
	u, err := s.loadUser(tx, openID)
	if err != nil {
		return false, err
	}
	return u.Following, nil
}
