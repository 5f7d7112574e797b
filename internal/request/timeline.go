package request

import (
	"fmt"
	"slices"

	"gongzhi/internal/actor"
	"gongzhi/internal/matter"
	"gongzhi/internal/notice"
	"gongzhi/internal/sqldb"
)

// Line is one line of the ledger (履历): a deed with its texts and photos.
type Line struct {
	matter.Entry
	Who   string // name of the person, "" the resident or the system
	Unit  string // name of the unit
	Notes []Note
	Files []File
	Told  []notice.Message // who was told of it; staff only
}

// open deeds are told to the resident; the rest is office business.
var publicDeeds = []string{DeedReceived, DeedImported, DeedSettled, DeedAnswered, DeedDiverted, DeedDispatched, DeedRecalled, DeedAccepted, DeedObjected, DeedObjectionUpheld, DeedObjectionRejected,
	DeedAssistCalled, DeedContacted, DeedAsked, DeedSupplemented, DeedResumed, DeedExtensionGranted, DeedHoldGranted, DeedTerminationGranted, DeedReplied,
	DeedReviewFailed, DeedReviewPassed, DeedClosed, DeedReopened, DeedArchived, DeedUrged, DeedRechecked, DeedRecounted, DeedSupervised, DeedEscalated, DeedMerged, DeedAbsorbed, DeedUnmerged, DeedParted, DeedSplit, DeedWithdrawn}

// Timeline is the ledger of a request for the actor, oldest first. Staff see
// all of it; a resident sees the deeds that concern him, in the same words,
// without the names of officials and without internal texts.
func Timeline(tx *sqldb.Tx, a actor.Actor, o *Order) ([]Line, error) {
	entries, err := matter.History(tx, o.ID)
	if err != nil {
		return nil, err
	}
	notes, err := notesOf(tx, o.ID)
	if err != nil {
		return nil, err
	}
	files, err := Files(tx, o.ID)
	if err != nil {
		return nil, err
	}
	people, units, err := namesIn(tx, entries)
	if err != nil {
		return nil, err
	}
	told, err := toldIn(tx, a, o)
	if err != nil {
		return nil, err
	}
	var out []Line
	for _, e := range entries {
		if !a.Staff() && !slices.Contains(publicDeeds, e.Name) {
			continue
		}
		l := Line{Entry: e, Unit: units[e.Unit], Told: told[e.Seq]}
		if a.Staff() {
			l.Who = people[e.Actor]
		}
		for _, n := range notes[e.Seq] {
			if a.Staff() || n.Audience != Internal {
				l.Notes = append(l.Notes, n)
			}
		}
		for _, f := range files {
			if f.Seq == e.Seq && (a.Staff() || f.Audience != Internal) {
				l.Files = append(l.Files, f)
			}
		}
		out = append(out, l)
	}
	return out, nil
}

// toldIn are the notices by line, for staff who may know that somebody was told.
func toldIn(tx *sqldb.Tx, a actor.Actor, o *Order) (map[int64][]notice.Message, error) {
	if !a.Staff() || Protected(a, o) {
		return nil, nil
	}
	list, err := notice.Of(tx, o.ID)
	out := map[int64][]notice.Message{}
	for _, m := range list {
		out[m.Seq] = append(out[m.Seq], m)
	}
	return out, err
}

func notesOf(tx *sqldb.Tx, m matter.ID) (map[int64][]Note, error) {
	rows, err := tx.Query(`select seq, kind, audience, text from request_note where matter_id = $1 order by seq, kind`, m)
	if err != nil {
		return nil, fmt.Errorf("notes of %s: %w", m, err)
	}
	defer rows.Close()
	out := map[int64][]Note{}
	for rows.Next() {
		var seq int64
		var n Note
		if err := rows.Scan(&seq, &n.Kind, &n.Audience, &n.Text); err != nil {
			return nil, err
		}
		out[seq] = append(out[seq], n)
	}
	return out, rows.Err()
}

func namesIn(tx *sqldb.Tx, entries []matter.Entry) (people, units map[string]string, err error) {
	var staff, unit []string
	for _, e := range entries {
		staff, unit = append(staff, e.Actor), append(unit, e.Unit)
	}
	if people, err = actor.Names(tx, unique(staff)); err != nil {
		return nil, nil, err
	}
	units, err = actor.UnitNames(tx, unique(unit))
	return people, units, err
}

func unique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
