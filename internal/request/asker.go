package request

import (
	"fmt"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
)

// Askers are who reported the requests, masked, by request. Reporters of
// wrongdoing are not among them, whoever asks: what leaves the program travels.
func Askers(tx *sqldb.Tx, list []*Order) (map[matter.ID]Masked, error) {
	ids := openAskers(list)
	marks, args := sqldb.In(1, ids)
	rows, err := tx.Query(`select matter_id, id, kind, masked, phone_token from request_contact where kind = 'requester' and matter_id in (`+marks+`) order by created_at desc, id desc`, args...)
	if err != nil {
		return nil, fmt.Errorf("askers: %w", err)
	}
	defer rows.Close()
	out := map[matter.ID]Masked{}
	for rows.Next() {
		var m matter.ID
		var c Masked
		var token string
		if err := rows.Scan(&m, &c.ID, &c.Kind, &c.Text, &token); err != nil {
			return nil, err
		}
		c.Phone = token != ""
		out[m] = c // the first one stands
	}
	return out, rows.Err()
}

func openAskers(list []*Order) []string {
	var ids []string
	for _, o := range list {
		if !o.Sealed {
			ids = append(ids, string(o.ID))
		}
	}
	return ids
}

// RevealAskers decrypts who reported the requests and logs each look with its
// reason, in the same unit of work. The list must have been read for the actor.
func RevealAskers(tx *sqldb.Tx, v Sealer, a actor.Actor, list []*Order, reason string) (map[matter.ID]Contact, error) {
	if err := actor.Can(a, "request.contact"); err != nil {
		return nil, err
	}
	if len([]rune(reason)) < 2 {
		return nil, fault.New(fault.Invalid, "request.look_reason_missing", nil)
	}
	askers, err := Askers(tx, list)
	if err != nil {
		return nil, err
	}
	var looks [][]any
	var ids []string
	for m, c := range askers {
		looks = append(looks, []any{id.New(tx.Now), tx.Now.UnixMicro(), a.HistoryID(), a.UnitID, m, c.ID, reason})
		ids = append(ids, c.ID)
	}
	if err := tx.InsertRows(`insert into request_look(id, at, actor, unit, matter_id, contact_id, reason) values (`, looks); err != nil {
		return nil, fmt.Errorf("log looks: %w", err)
	}
	return openAll(tx, v, ids)
}

// openAll decrypts contacts by request.
func openAll(tx *sqldb.Tx, v Sealer, ids []string) (map[matter.ID]Contact, error) {
	marks, args := sqldb.In(1, ids)
	rows, err := tx.Query(`select id, matter_id, kind, name, phone, email, home, masked from request_contact where id in (`+marks+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("open contacts: %w", err)
	}
	defer rows.Close()
	out := map[matter.ID]Contact{}
	for rows.Next() {
		var row string
		var m matter.ID
		var c Contact
		var sealed [4]string
		if err := rows.Scan(&row, &m, &c.Kind, &sealed[0], &sealed[1], &sealed[2], &sealed[3], &c.Masked); err != nil {
			return nil, err
		}
		for i, dst := range []*string{&c.Name, &c.Phone, &c.Email, &c.Home} {
			if sealed[i] == "" {
				continue
			}
			if *dst, err = v.Open(sealed[i], row); err != nil {
				return nil, fmt.Errorf("open contact %s: %w", row, err)
			}
		}
		out[m] = c
	}
	return out, rows.Err()
}
