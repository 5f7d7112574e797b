package setup

import (
	"context"
	"encoding/json"
	"maps"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// Save creates or changes one entry of the city's data.
type Save struct {
	Kind  string
	Key   string // "" creates
	Typed record // as typed, by column
	Seen  record // the state that the editor saw; nil when it creates
	Proof Proof  // of accounts
}

// Changed is the answer to who saves what somebody else has changed since: the
// entry as it is now.
type Changed struct {
	Now record
	err error
}

func (c Changed) Error() string { return c.err.Error() }

// Unwrap makes it a Conflict with its sentence.
func (c Changed) Unwrap() error { return c.err }

// Save checks and keeps one entry, with its former state as a revision.
func (s *Service) Save(ctx context.Context, a actor.Actor, c Save) error {
	k, err := findKind(c.Kind)
	if err != nil {
		return err
	}
	if err := k.denied(a); err != nil {
		return err
	}
	unproven := error(nil)
	if k.sealed {
		unproven = c.Proof.check(a, s.DB.Now(), "reason")
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Lock("setup." + k.name); err != nil {
			return err
		}
		return saveOne(tx, a, k, c, unproven)
	})
	if err != nil {
		return err
	}
	return s.Reload(ctx)
}

// saveOne saves within a unit of work. unproven is what is missing of the proof
// that a grave change needs.
func saveOne(tx *sqldb.Tx, a actor.Actor, k *kind, c Save, unproven error) error {
	w, err := newWorld(tx, a)
	if err != nil {
		return err
	}
	var fields fault.Fields
	if c.Typed = maps.Clone(c.Typed); c.Key != "" {
		c.Typed[k.key] = c.Key
	}
	now := k.take(w, c.Typed, wrong(&fields))
	was, err := k.present(tx, c.Key, now[k.key])
	if err != nil {
		return err
	}
	switch {
	case c.Key == "" && was != nil:
		fields.Add(k.key, "setup.key_taken", now[k.key])
	case c.Key != "" && c.Seen != nil && !k.same(was, c.Seen):
		return Changed{was, fault.New(fault.Conflict, "catalog.changed_meanwhile", nil)}
	}
	if k.check != nil && len(fields) == 0 {
		k.check(w, now, was, wrong(&fields))
	}
	if err := fields.Err(); err != nil {
		return err
	}
	if was != nil && k.same(was, now) {
		return nil
	}
	if k.sealed && grave(now, was) && unproven != nil {
		return unproven
	}
	if k.sealed && was == nil {
		now["_hash"] = c.Typed["_hash"]
	}
	if err := k.keep(tx, a, now, was); err != nil {
		return err
	}
	if k.sealed && c.Proof.Reason != "" {
		if err := c.Proof.keep(tx, a, now["_id"]); err != nil {
			return err
		}
	}
	return k.deed(tx, a, now, was)
}

// take reads every column of what was typed.
func (k *kind) take(w *world, typed record, add problem) record {
	out := record{}
	for i := range k.columns {
		c := &k.columns[i]
		v, key, args := c.read(typed[c.name], w)
		if key != "" {
			add(c.name, key, args...)
		}
		out[c.name] = v
	}
	return out
}

// present is the entry that is about to be saved as it stands: by the key of
// its page, or by the key typed for a new one. It is nil when there is none.
func (k *kind) present(tx *sqldb.Tx, page, typed string) (record, error) {
	if page != "" {
		return k.one(tx, page)
	}
	r, err := k.one(tx, typed)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	return r, err
}

// keep writes an entry and its revision.
func (k *kind) keep(tx *sqldb.Tx, a actor.Actor, now, was record) error {
	if err := k.save(tx, a.HistoryID(), now, was); err != nil {
		return err
	}
	if k.decode != nil || k.sealed { // the catalogue keeps its own; accounts leave only deeds
		return nil
	}
	return catalog.Revise(tx, a.HistoryID(), k.what, now[k.key], 0, k.plain(was), k.plain(now))
}

// plain is a record without what it merely carries along.
func (k *kind) plain(r record) record {
	if r == nil {
		return nil
	}
	out := record{}
	for _, c := range k.columns {
		out[c.name] = r[c.name]
	}
	return out
}

func (k *kind) deed(tx *sqldb.Tx, a actor.Actor, now, was record) error {
	diff := k.diff(was, now)
	if k.sealed {
		deed := "staff.change"
		if was == nil {
			deed = "staff.create"
		}
		return actor.Deed(tx, a, deed, now["_id"], staffDetail(diff))
	}
	names := make([]string, len(diff))
	for i, d := range diff {
		names[i] = d.Column.name
	}
	deed := "setup.change"
	if was == nil {
		deed = "setup.create"
	}
	return actor.Deed(tx, a, deed, k.name+"/"+now[k.key], strings.Join(names, " "))
}

// Remove takes away an entry that nothing refers to: a line of the communities'
// list, a day of the calendar, an address.
type Remove struct{ Kind, Key string }

// Remove keeps what was removed as a revision.
func (s *Service) Remove(ctx context.Context, a actor.Actor, c Remove) error {
	k, err := findKind(c.Kind)
	if err != nil {
		return err
	}
	if err := k.denied(a); err != nil {
		return err
	}
	if k.remove == nil {
		return fault.New(fault.Invalid, "setup.not_removable", nil)
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Lock("setup." + k.name); err != nil {
			return err
		}
		was, err := k.one(tx, c.Key)
		if err != nil {
			return err
		}
		if err := k.remove(tx, c.Key); err != nil {
			return err
		}
		if err := catalog.Revise(tx, a.HistoryID(), k.what, c.Key, 0, k.plain(was), nil); err != nil {
			return err
		}
		return actor.Deed(tx, a, "setup.remove", k.name+"/"+c.Key, "")
	})
	if err != nil {
		return err
	}
	return s.Reload(ctx)
}

// seenText carries what an editor saw through the form.
func (k *kind) seenText(r record) string {
	text, _ := json.Marshal(k.plain(r)) // strings only
	return string(text)
}

func seenRecord(text string) record {
	var r record
	if json.Unmarshal([]byte(text), &r) != nil || r == nil {
		return record{} // differs from everything: the editor is asked to look again
	}
	return r
}
