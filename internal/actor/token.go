package actor

import (
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/sqldb"
)

// tokenPrefix lets a person, and a search for leaked secrets, see what it is.
const tokenPrefix = "gongzhi_"

// Limits of tokens. A token that lives longer than its purpose is a key under
// the mat.
const (
	MostTokens     = 20
	MostTokenDays  = 366
	MostStepUpDays = 90 // of one with StepUp
)

// StepUp is the scope of a token whose owner wants it to do also what asks a
// person at a page for a fresh proof: keys, channels, accounts, a look at a
// contact. It opens nothing by itself: the scope of the area has to be there too.
// A token is made only by who has just given that proof.
const StepUp = "step-up"

// Token is a key by which a program acts for a member of staff. It never gives
// more than its owner may do at the moment, and of that only its scopes.
type Token struct {
	ID       string
	Staff    string
	Owner    string // name and login of the owner, in lists of all tokens
	Login    string
	Name     string
	Scopes   []string
	Created  time.Time
	Expires  time.Time
	Seen     time.Time // zero: never used
	Revoked  time.Time // zero: not
	disabled bool
}

// Live reports whether the token works at a time.
func (t Token) Live(now time.Time) bool {
	return t.Revoked.IsZero() && now.Before(t.Expires) && !t.disabled
}

// Area is the part of the table of policies that an action belongs to, "" for
// what needs no scope: what is public, and one's own account.
func Area(action Action) string {
	area, _, two := strings.Cut(string(action), ".")
	if !two || area == "account" || Policies[action].Anyone {
		return ""
	}
	return area
}

// Scopes are what a token may be given: two for each area of the table, and StepUp.
func Scopes() []string {
	out := []string{StepUp}
	for action := range Policies {
		if area := Area(action); area != "" {
			out = append(out, area+":read", area+":write")
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// covers reports whether the scopes of the actor's token reach an action.
// Writing includes reading.
func (a Actor) covers(action Action) bool {
	area := Area(action)
	if a.Token == "" || area == "" {
		return true
	}
	return slices.Contains(a.Scopes, area+":write") || !a.Writes && slices.Contains(a.Scopes, area+":read")
}

// NewToken makes a token for the actor himself. It is returned once and stored
// as a hash.
func NewToken(tx *sqldb.Tx, a Actor, name string, scopes []string, days int) (string, error) {
	if a.Token != "" { // a stolen token must not be able to renew itself
		return "", fault.New(fault.Denied, "actor.token_by_token", nil)
	}
	if err := Fresh(a, tx.Now); err != nil { // a desk left open must not be enough
		return "", err
	}
	if err := checkToken(tx, a, name, scopes, days); err != nil {
		return "", err
	}
	raw := make([]byte, 32)
	rand.Read(raw)
	secret, key := tokenPrefix+base64.RawURLEncoding.EncodeToString(raw), id.New(tx.Now)
	const q = `insert into actor_token(id, staff_id, name, hash, scopes, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7)`
	err := tx.Exec(q, key, a.ID, name, tokenHash(secret), strings.Join(scopes, " "), tx.Now.UnixMicro(), tx.Now.AddDate(0, 0, days).UnixMicro())
	if err != nil {
		return "", fmt.Errorf("new token: %w", err)
	}
	return secret, Deed(tx, a, "token.new", key, strings.Join(scopes, " "))
}

func checkToken(tx *sqldb.Tx, a Actor, name string, scopes []string, days int) error {
	var wrong fault.Fields
	if n := len([]rune(name)); n < 2 || n > 60 {
		wrong.Add("name", "actor.token_name")
	}
	known := Scopes()
	if len(scopes) == 0 || slices.ContainsFunc(scopes, func(s string) bool { return !slices.Contains(known, s) }) {
		wrong.Add("scopes", "actor.token_scopes")
	}
	most := MostTokenDays
	if slices.Contains(scopes, StepUp) {
		most = MostStepUpDays
	}
	if days < 1 || days > most {
		wrong.Add("days", "actor.token_days", most)
	}
	list, err := TokensOf(tx, a.ID)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(t Token) bool { return !t.Live(tx.Now) })
	if len(list) >= MostTokens {
		wrong.Add("name", "actor.tokens_full", MostTokens)
	}
	return wrong.Err()
}

const tokenQuery = `select t.id, t.staff_id, s.name, s.login, t.name, t.scopes, t.created_at, t.expires_at, coalesce(t.seen_at, 0), coalesce(t.revoked_at, 0), s.active
	from actor_token t join actor_staff s on s.id = t.staff_id`

// TokensOf are the tokens of an account, the newest first.
func TokensOf(tx *sqldb.Tx, staff string) ([]Token, error) {
	return tokens(tx, tokenQuery+` where t.staff_id = $1 order by t.created_at desc, t.id desc limit 200`, staff)
}

// AllTokens are the newest tokens of the whole city.
func AllTokens(tx *sqldb.Tx) ([]Token, error) {
	return tokens(tx, tokenQuery+` order by t.created_at desc, t.id desc limit 500`)
}

func tokens(tx *sqldb.Tx, q string, args ...any) ([]Token, error) {
	rows, err := tx.Query(q, args...)
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	defer rows.Close()
	var out []Token
	for rows.Next() {
		var t Token
		var scopes string
		var created, expires, seen, revoked int64
		var active bool
		if err := rows.Scan(&t.ID, &t.Staff, &t.Owner, &t.Login, &t.Name, &scopes, &created, &expires, &seen, &revoked, &active); err != nil {
			return nil, fmt.Errorf("list tokens: %w", err)
		}
		t.Scopes, t.disabled = strings.Fields(scopes), !active
		t.Created, t.Expires, t.Seen, t.Revoked = sqldb.FromMicros(created), sqldb.FromMicros(expires), sqldb.FromMicros(seen), sqldb.FromMicros(revoked)
		out = append(out, t)
	}
	return out, rows.Err()
}

// RevokeToken ends a token: the actor's own, or any of the city for who keeps
// its accounts.
func RevokeToken(tx *sqldb.Tx, a Actor, token string) error {
	owner := a.ID
	if Can(a, "setup.staff") == nil {
		owner = ""
	}
	n, err := tx.ExecN(`update actor_token set revoked_at = $1 where id = $2 and revoked_at is null and ($3 = '' or staff_id = $3)`, tx.Now.UnixMicro(), token, owner)
	if err != nil {
		return fmt.Errorf("revoke token: %w", err)
	}
	if n == 0 {
		return fault.New(fault.NotFound, "actor.token_not_found", nil)
	}
	return Deed(tx, a, "token.end", token, "")
}

// TokenHolder is who acts with a token now, with the rights of this moment and
// the token's scopes. writes says that he means to change something. stale asks
// the caller to call TouchToken.
func TokenHolder(tx *sqldb.Tx, secret string, writes bool) (a Actor, stale bool, err error) {
	const q = `select t.id, t.scopes, coalesce(t.seen_at, 0), s.id, s.login, s.name, s.number, u.id, u.name, u.path, u.kind, u.area,
		coalesce((select string_agg(r.role, ',') from actor_role r where r.staff_id = s.id), '')
		from actor_token t join actor_staff s on s.id = t.staff_id join actor_unit u on u.id = s.unit_id
		where t.hash = $1 and t.expires_at > $2 and t.revoked_at is null and s.active`
	var scopes, roles string
	var seen int64
	err = tx.QueryRow(q, tokenHash(secret), tx.Now.UnixMicro()).Scan(&a.Token, &scopes, &seen, &a.ID, &a.Login, &a.Name, &a.Number,
		&a.UnitID, &a.UnitName, &a.UnitPath, &a.UnitKind, &a.UnitArea, &roles)
	if errors.Is(err, sql.ErrNoRows) {
		return Actor{}, false, fault.New(fault.NotFound, "actor.token_not_found", err)
	}
	if err != nil {
		return Actor{}, false, fmt.Errorf("read token: %w", err)
	}
	for r := range strings.SplitSeq(roles, ",") {
		a.Roles = append(a.Roles, Role(r))
	}
	if a.Scopes, a.Writes = strings.Fields(scopes), writes; slices.Contains(a.Scopes, StepUp) {
		a.Proved = tx.Now // given for all of its calls when it was made
	}
	return a, tx.Now.Sub(sqldb.FromMicros(seen)) > time.Minute, nil
}

// TouchToken notes that a token is in use.
func TouchToken(tx *sqldb.Tx, a Actor) error {
	return tx.Exec(`update actor_token set seen_at = $1 where id = $2`, tx.Now.UnixMicro(), a.Token)
}
