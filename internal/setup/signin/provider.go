package signin

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/sqldb"
)

// Provider is a place that knows the city's staff: its own OpenID Connect
// service. It says who somebody is; what they may do stays ours.
type Provider struct {
	ID, Name string
	Issuer   string
	ClientID string
	Secret   string // in the clear only while it is used
	Creates  bool   // people we do not know get an account without roles
	Active   bool
}

const providerQuery = `select id, name, issuer, client_id, secret, creates, active from setup_provider`

// providers lists them by name; their secrets stay sealed.
func providers(tx *sqldb.Tx) ([]Provider, error) {
	rows, err := tx.Query(providerQuery + ` order by name, id`)
	if err != nil {
		return nil, fmt.Errorf("list providers: %w", err)
	}
	defer rows.Close()
	var out []Provider
	for rows.Next() {
		var p Provider
		if err := rows.Scan(&p.ID, &p.Name, &p.Issuer, &p.ClientID, &p.Secret, &p.Creates, &p.Active); err != nil {
			return nil, fmt.Errorf("list providers: %w", err)
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

// findProvider reads one with its secret sealed, or NotFound.
func findProvider(tx *sqldb.Tx, provider string) (p Provider, err error) {
	err = tx.QueryRow(providerQuery+` where id = $1`, provider).Scan(&p.ID, &p.Name, &p.Issuer, &p.ClientID, &p.Secret, &p.Creates, &p.Active)
	if errors.Is(err, sql.ErrNoRows) {
		return p, fault.New(fault.NotFound, "signin.provider_none", err)
	}
	return p, err
}

// KeepProvider makes (empty ID) or changes a provider; an empty secret keeps
// the one there is.
func (s *Service) KeepProvider(ctx context.Context, a actor.Actor, p Provider) (string, error) {
	if err := actor.Can(a, "setup.signin"); err != nil {
		return "", err
	}
	p.Issuer = strings.TrimSuffix(p.Issuer, "/.well-known/openid-configuration")
	if err := checkProvider(p); err != nil {
		return "", err
	}
	deed := "provider.change"
	err := s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := actor.Fresh(a, tx.Now); err != nil {
			return err
		}
		if p.ID == "" {
			p.ID, deed = id.New(tx.Now), "provider.create"
		}
		sealed := ""
		if p.Secret != "" {
			var err error
			if sealed, err = s.Vault.Seal(p.Secret, "provider/"+p.ID); err != nil {
				return fmt.Errorf("seal client secret: %w", err)
			}
		}
		const q = `insert into setup_provider(id, name, issuer, client_id, secret, creates, active, changed_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
			on conflict (id) do update set name = excluded.name, issuer = excluded.issuer, client_id = excluded.client_id,
			secret = case when excluded.secret = '' then setup_provider.secret else excluded.secret end, creates = excluded.creates, active = excluded.active, changed_at = excluded.changed_at`
		if err := tx.Exec(q, p.ID, p.Name, p.Issuer, p.ClientID, sealed, p.Creates, p.Active, tx.Now.UnixMicro()); err != nil {
			return fmt.Errorf("keep provider: %w", err)
		}
		return actor.Deed(tx, a, deed, p.ID, "")
	})
	return p.ID, err
}

func checkProvider(p Provider) error {
	var fields fault.Fields
	for _, x := range [][2]string{{"name", p.Name}, {"client_id", p.ClientID}} {
		if x[1] == "" {
			fields.Add(x[0], "web.field_missing")
		}
	}
	if p.ID == "" && p.Secret == "" {
		fields.Add("secret", "web.field_missing")
	}
	u, err := url.Parse(p.Issuer)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" {
		fields.Add("issuer", "signin.issuer_wrong")
	}
	return fields.Err()
}
