package outbox

import (
	"context"
	"hash/fnv"
	"time"

	"gongzhi/internal/notice"
	"gongzhi/internal/sqldb"
)

// RehearsalVia is the gateway's name in the demonstration.
const RehearsalVia = "演示通道"

// Rehearsal is a channel inside of the program, for the demonstration: nothing
// leaves the machine. It behaves as gateways do: most messages are confirmed
// after a moment, a few numbers do not exist, some are never heard of again, and
// now and then it is busy.
type Rehearsal struct{}

// Open reports that it is there.
func (Rehearsal) Open() bool { return true }

// Send takes the parcel, or refuses it; the key decides.
func (Rehearsal) Send(_ context.Context, p notice.Parcel) (notice.Outcome, error) {
	switch luck(p.Key) {
	case 0:
		return notice.Outcome{}, notice.Trouble{Reason: notice.ReasonBusy}
	case 1:
		return notice.Outcome{}, notice.Refuse(notice.ReasonBadNumber, nil)
	}
	return notice.Outcome{State: notice.Accepted, Via: RehearsalVia, Ref: "Y" + p.Key}, nil
}

// luck is a number from 0 to 39 that belongs to a text.
func luck(s string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(s))
	return h.Sum32() % 40
}

// reportAfter is how long the rehearsed network takes.
const reportAfter = 8 * time.Second

// Rehearse sends the delivery reports that the rehearsal owes.
func (s *Service) Rehearse(ctx context.Context) error {
	var list []notice.Report
	err := s.DB.View(ctx, func(tx *sqldb.Tx) error {
		const q = `select ref from notice_message where state = 'accepted' and via = $1 and sent_at < $2 and sent_at > $3 order by created_at limit 200`
		rows, err := tx.Query(q, RehearsalVia, tx.Now.Add(-reportAfter).UnixMicro(), tx.Now.Add(-time.Hour).UnixMicro())
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			r := notice.Report{State: notice.Delivered}
			if err := rows.Scan(&r.Ref); err != nil {
				return err
			}
			switch luck(r.Ref) {
			case 2, 3, 4: // never reported
				continue
			case 5:
				r.State, r.Reason = notice.Failed, "UNDELIV"
			}
			list = append(list, r)
		}
		return rows.Err()
	})
	if err != nil {
		return err
	}
	return s.Office.Report(ctx, RehearsalVia, list)
}
