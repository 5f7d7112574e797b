package open311_test

import (
	"log/slog"
	"testing"

	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestSmoke(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := newCity(t, db)
		for _, p := range []string{"/open311/discovery.xml", "/open311/discovery.json", "/open311/v2/services.json", "/open311/v2/services/0101.xml", "/open311/v2/services/0101.json", "/open311//v2//services.JSON", "/open311", "/open311/v2/bulk.csv", "/open311/v2/servicerequestupdates.xml"} {
			r := c.get(p)
			t.Log(p, r.status, r.body[:min(len(r.body), 700)])
		}
		r := c.post("/open311/v2/requests.json", "api_key", c.key, "service_code", "0101", "lat", "30.05", "long", "120.05", "description", "路灯 <b>坏</b>了", "email", "a@example.cn", "attribute[q1]", "就一盏")
		t.Log(r)
		t.Log(c.get("/open311/v2/requests.json?extensions=true"))
		t.Log(c.get("/open311/v2/requests.xml?status=open&page=1&page_size=10"))
	})
}
