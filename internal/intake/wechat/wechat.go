// Package wechat takes requests by the city's WeChat account (公众号): a
// conversation that asks one thing at a time and ends with the same receipt as the
// page, and follow-up in the chat under the same verbs. What is answered comes from
// the database alone, so that WeChat never waits; pictures are fetched by a job.
package wechat

import (
	"context"
	"sync"
	"time"

	"gongzhi/internal/blob"
	"gongzhi/internal/catalog"
	"gongzhi/internal/intake"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/vault"
	wx "gongzhi/internal/wechat"
)

// Service is the account's server.
type Service struct {
	DB      *sqldb.DB
	Vault   *vault.Vault
	Blobs   blob.Store
	Catalog *catalog.Shelf
	Atlas   *place.Shelf
	Numbers *request.Numbers
	Intake  *intake.Service
	Client  *wx.Client
	Base    page.Maker
	BaseURL string // how people reach our pages; "" by the address WeChat called

	// Delivered is told what became of a notice that went out through the account.
	Delivered func(ctx context.Context, job string, delivered bool, reason string) error

	mu      sync.Mutex
	refused refusal
	asked   time.Time // when it was last looked whether the account is connected
	open    bool      // and what was seen
}

// refusal is the last push that was not WeChat's, or not for us. It is kept in
// memory only: anybody can make one.
type refusal struct {
	At  time.Time
	Key string // of the words about it
}
