package dispatch

import (
	"context"

	"gongzhi/internal/actor"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// QueueNumbers are the numbers of what waits to be dispatched, read page by page.
func QueueNumbers(ctx context.Context, s *Service, a actor.Actor, size int) (out []string, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		for after, more := "", true; more; more = after != "" {
			rows, next, err := s.queueRows(tx, a, parts[0], request.Page{After: after, Size: size})
			if err != nil {
				return err
			}
			for _, r := range rows {
				out = append(out, r.Number)
			}
			after = next
		}
		return nil
	})
	return out, err
}

// PlacesInQueue are the places that the queue offers for a request, with their
// areas where those tell them apart.
func PlacesInQueue(ctx context.Context, s *Service, a actor.Actor, number string) (out []string, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		rows, _, err := s.queueRows(tx, a, parts[0], request.Page{Size: 100})
		for _, r := range rows {
			for _, c := range r.Choices {
				if r.Number == number {
					out = append(out, c.Text+"@"+c.Where)
				}
			}
		}
		return err
	})
	return out, err
}
