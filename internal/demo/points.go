package demo

import (
	"context"

	"gongzhi/internal/actor"
	"gongzhi/internal/demo/content"
	"gongzhi/internal/geo"
	"gongzhi/internal/place"
	"gongzhi/internal/setup"
	"gongzhi/internal/sqldb"
)

// nowhere is what two systems write where they know no place: the platform above
// the middle of the first district, the app that of the second. Of each some
// requests have a point all the same. Which ones follows from the number, so that
// nothing else in the city depends on it.
func (l *life) nowhere() (geo.Point, bool) {
	last := l.number[len(l.number)-1]
	switch {
	case l.channel == content.ChannelUpstream && last%2 == 0:
		return l.Land.Districts[0].Center, true
	case l.channel == content.ChannelApp && last < '7':
		return l.Land.Districts[1].Center, true
	}
	return geo.Point{}, false
}

// points are looked for as every night, and the most used of those found is
// confirmed; the rest wait for the visitor.
func (h *history) points(ctx context.Context) error {
	if err := h.app.Setup.SweepPoints(ctx); err != nil {
		return err
	}
	var found []place.Default
	err := h.app.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		found, err = place.Defaults(tx)
		return err
	})
	if err != nil || len(found) < 2 {
		return err
	}
	return h.app.Setup.DecidePoint(ctx, h.one(actor.SysAdmin), setup.DecidePoint{Key: found[0].Key(), Default: true, Rev: found[0].Rev})
}
