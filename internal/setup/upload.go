package setup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/sqldb"
)

// An uploaded table is kept between its preview and the confirmation, and for
// so long only.
const uploadLife = 2 * time.Hour

// MaxUpload is how large a table may be.
const MaxUpload = 16 << 20

// upload is a table that waits for its confirmation. Only who sent it can
// confirm it.
type upload struct {
	ID, Kind, Name string
	File           []byte
	Digest         string
}

// Upload keeps a table and says what it would do; nothing is changed yet.
func (s *Service) Upload(ctx context.Context, a actor.Actor, kindName, fileName string, file []byte) (string, error) {
	k, err := findKind(kindName)
	if err != nil {
		return "", err
	}
	if err := k.denied(a); err != nil {
		return "", err
	}
	u := upload{Kind: k.name, Name: shown(fileName)}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		w, err := newWorld(tx, a)
		if err != nil {
			return err
		}
		p, err := makePlan(tx, w, k, fileName, file)
		if err == nil {
			u.Digest = p.digest()
		}
		return err
	})
	if err != nil {
		return "", err
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		u.ID = id.New(tx.Now)
		if u.File = file; k.sealed {
			if u.File, err = s.Vault.SealBytes(file, u.ID); err != nil {
				return fmt.Errorf("seal upload: %w", err)
			}
		}
		return keepUpload(tx, a, u)
	})
	return u.ID, err
}

func keepUpload(tx *sqldb.Tx, a actor.Actor, u upload) error {
	if err := tx.Exec(`delete from setup_upload where expires_at < $1`, tx.Now.UnixMicro()); err != nil {
		return err
	}
	const q = `insert into setup_upload(id, kind, staff_id, name, content, digest, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8)`
	return tx.Exec(q, u.ID, u.Kind, a.HistoryID(), u.Name, u.File, u.Digest, tx.Now.UnixMicro(), tx.Now.Add(uploadLife).UnixMicro())
}

func (s *Service) findUpload(tx *sqldb.Tx, a actor.Actor, k *kind, upid string) (upload, error) {
	u := upload{ID: upid, Kind: k.name}
	const q = `select name, content, digest from setup_upload where id = $1 and kind = $2 and staff_id = $3 and expires_at >= $4`
	err := tx.QueryRow(q, upid, k.name, a.HistoryID(), tx.Now.UnixMicro()).Scan(&u.Name, &u.File, &u.Digest)
	if errors.Is(err, sql.ErrNoRows) {
		return u, fault.New(fault.NotFound, "setup.upload_gone", err)
	}
	if err == nil && k.sealed {
		u.File, err = s.Vault.OpenBytes(u.File, upid)
	}
	return u, err
}

// preview is what an uploaded table would do now.
func (s *Service) preview(tx *sqldb.Tx, a actor.Actor, k *kind, upid string) (upload, *plan, *world, error) {
	if err := k.denied(a); err != nil {
		return upload{}, nil, nil, err
	}
	u, err := s.findUpload(tx, a, k, upid)
	if err != nil {
		return u, nil, nil, err
	}
	w, err := newWorld(tx, a)
	if err != nil {
		return u, nil, nil, err
	}
	p, err := makePlan(tx, w, k, u.Name, u.File)
	return u, p, w, err
}

// Imported is what a confirmed table did. Passwords are the first ones of new
// accounts, shown once and kept nowhere.
type Imported struct {
	Created, Changed, Same int
	Passwords              []Credential
}

// Credential is a new account with its first password.
type Credential struct{ Login, Name, Password string }

// Confirm does what the preview said, all of it or nothing. When somebody has
// edited since the preview, nothing is done and the answer is a Conflict.
func (s *Service) Confirm(ctx context.Context, a actor.Actor, kindName, upid string, why Proof) (Imported, error) {
	var done Imported
	k, err := findKind(kindName)
	if err != nil {
		return done, err
	}
	if k.sealed {
		if err := why.check(a, s.DB.Now(), "reason"); err != nil {
			return done, err
		}
	}
	first, err := s.firstPasswords(ctx, a, k, upid)
	if err != nil {
		return done, err
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		done = Imported{}
		if err := tx.Lock("setup." + k.name); err != nil {
			return err
		}
		u, p, w, err := s.preview(tx, a, k, upid)
		if err != nil {
			return err
		}
		if p.digest() != u.Digest {
			return stale{u.ID, p.digest()}
		}
		if err := p.apply(tx, w, k, done.credential(first)); err != nil {
			return err
		}
		for _, r := range p.Rows {
			if !k.sealed {
				break
			}
			if err := why.keep(tx, a, r.Now["_id"]); err != nil {
				return err
			}
		}
		done.Created, done.Changed, done.Same = p.Created(), p.Changed(), p.Same
		return settleUpload(tx, a, k, upid, done)
	})
	if err != nil {
		return Imported{}, err
	}
	return done, s.Reload(ctx)
}

// stale says that the city was edited between preview and confirmation.
type stale struct{ upload, digest string }

func (stale) Error() string { return "setup: the city was edited since the preview" }

// Unwrap makes it a Conflict.
func (stale) Unwrap() error { return fault.New(fault.Conflict, "setup.import_stale", nil) }

// renew lets the preview that is shown now be confirmed.
func (s *Service) renew(ctx context.Context, e stale) error {
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		return tx.Exec(`update setup_upload set digest = $1 where id = $2`, e.digest, e.upload)
	})
}

// firstPassword is what a new account begins with.
type firstPassword struct{ password, hash string }

// firstPasswords makes them for the new accounts of a table, by login. Hashing
// is slow on purpose, so it is done before the unit of work.
func (s *Service) firstPasswords(ctx context.Context, a actor.Actor, k *kind, upid string) (map[string]firstPassword, error) {
	out := map[string]firstPassword{}
	if !k.sealed {
		return out, nil
	}
	err := s.DB.View(ctx, func(tx *sqldb.Tx) error {
		_, p, _, err := s.preview(tx, a, k, upid)
		if err != nil {
			return err
		}
		for _, r := range p.Rows {
			if r.Was == nil {
				out[r.Key] = firstPassword{}
			}
		}
		return nil
	})
	for login := range out {
		password := NewPassword()
		out[login] = firstPassword{password, actor.HashPassword(password)}
	}
	return out, err
}

// credential gives each new account its first password.
func (d *Imported) credential(first map[string]firstPassword) func(planned) error {
	return func(p planned) error {
		f, ok := first[p.Key]
		if p.Was != nil || !ok {
			return nil
		}
		p.Now["_hash"] = f.hash
		d.Passwords = append(d.Passwords, Credential{p.Now["login"], p.Now["name"], f.password})
		return nil
	}
}

func settleUpload(tx *sqldb.Tx, a actor.Actor, k *kind, upid string, done Imported) error {
	if err := tx.Exec(`delete from setup_upload where id = $1`, upid); err != nil {
		return err
	}
	detail := "created " + strconv.Itoa(done.Created) + " changed " + strconv.Itoa(done.Changed) + " same " + strconv.Itoa(done.Same)
	return actor.Deed(tx, a, "setup.import", k.name, detail)
}
