package device

import (
	"bytes"
	"context"

	"gongzhi/internal/actor"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/sheet"
)

// TableOf is the table of all devices as it is downloaded.
func TableOf(ctx context.Context, s *Service) ([]byte, error) {
	var out bytes.Buffer
	err := s.table(ctx, locale.ZH, sheet.CSV(&out))
	return out.Bytes(), err
}

// LoadTable imports a table and says how many cells are wrong.
func LoadTable(ctx context.Context, s *Service, a actor.Actor, data []byte) (bad int, err error) {
	rows, err := readTable("devices.csv", bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return 0, err
	}
	return s.load(ctx, a, rows, &importPage{Base: page.Base{Lang: locale.ZH}})
}
