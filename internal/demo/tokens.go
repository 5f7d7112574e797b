package demo

import (
	"slices"

	"gongzhi/internal/actor"
	"gongzhi/internal/sqldb"
)

// keepTokens gives some of the staff a token for a program. Their secrets are
// random and thrown away: the pages have something to show, and nobody a key.
func keepTokens(tx *sqldb.Tx) error {
	staff, err := actor.AllStaff(tx)
	if err != nil {
		return err
	}
	for _, x := range []struct {
		login, name string
		days        int
		scopes      []string
	}{
		{"sysadmin1501", "数据中心同步目录", 180, []string{"setup:read"}},
		{"sysadmin1501", "物联网平台登记设备", 60, []string{"device:write", actor.StepUp}},
		{"dispatcher1101", "区级平台对接", 90, []string{"request:read", "dispatch:write"}},
		{"supervisor1301", "领导驾驶舱取数", 30, []string{"assessment:read"}},
	} {
		i := slices.IndexFunc(staff, func(s actor.Staff) bool { return s.Login == x.login })
		if i < 0 {
			continue
		}
		owner := actor.Actor{ID: staff[i].ID, Roles: staff[i].Roles, Proved: tx.Now}
		if _, err := actor.NewToken(tx, owner, x.name, x.scopes, x.days); err != nil {
			return err
		}
	}
	return nil
}
