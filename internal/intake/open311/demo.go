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

// Demonstrate gives the demonstration city its key, and a partner that is not in
// use: nobody answers at its address.
func (s *Service) Demonstrate(tx *sqldb.Tx) error {
	d := Destination{Name: "东江市 12345", Discovery: "https://open311.dongjiang.example.cn/discovery.json", Endpoint: "https://open311.dongjiang.example.cn/v2", JSON: true,
		Jurisdiction: "dongjiang.example.cn", Switches: Switches{Photos: true, Extended: true}}
	partner, err := s.SaveDestinationTx(tx, actor.System, d)
	if err != nil {
		return err
	}
	if err := s.SaveMappingTx(tx, partner, Mapping{Category: anyCategory, Service: "other"}); err != nil {
		return err
	}
	return s.GrantKeyTx(tx, actor.System, DemoKeyID, DemoKey, GrantKey{Name: "演示密钥", Scopes: scopes})
}
