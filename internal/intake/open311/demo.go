package open311

import (
	"gongzhi/internal/actor"
	"gongzhi/internal/sqldb"
)

// The demonstration's key, for trying the calls out. Only the demonstration
// makes it.
const (
	DemoKeyID = "demo"
	DemoKey   = "o311-yunze-demo"
)

// Demonstrate gives the demonstration city its key.
func (s *Service) Demonstrate(tx *sqldb.Tx) error {
	return s.GrantKeyTx(tx, actor.System, DemoKeyID, DemoKey, GrantKey{Name: "演示密钥", Scopes: scopes})
}
