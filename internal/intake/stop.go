package intake

import (
	"database/sql"
	"errors"
	"fmt"

	"gongzhi/internal/actor"
	"gongzhi/internal/matter"
	"gongzhi/internal/notice"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// StopTx ends the notices about a request to one contact: who follows it is
// forgotten as on his page; who reported it keeps his request and is told nothing
// more. The caller has locked the request.
func (s *Service) StopTx(tx *sqldb.Tx, m matter.ID, contact string) error {
	var follower string
	err := tx.QueryRow(`select id from intake_follower where matter_id = $1 and contact_id = $2`, m, contact).Scan(&follower)
	if errors.Is(err, sql.ErrNoRows) {
		return request.Prefer(tx, contact, notice.Nothing)
	}
	if err != nil {
		return fmt.Errorf("stop notices: %w", err)
	}
	return s.unfollow(tx, m, follower)
}

func (s *Service) unfollow(tx *sqldb.Tx, m matter.ID, follower string) error {
	o, err := request.Load(tx, actor.System, m, 0)
	if err != nil {
		return err
	}
	var row string
	if err := tx.QueryRow(`delete from intake_follower where id = $1 returning contact_id`, follower).Scan(&row); err != nil {
		return fmt.Errorf("unfollow: %w", err)
	}
	o.Followers = max(0, o.Followers-1)
	if err := request.ForgetContact(tx, m, row); err != nil {
		return err
	}
	return o.Save(tx)
}
