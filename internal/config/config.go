// Package config is the one place a running program takes its settings from: a
// file, then the environment, then flags, each overriding the one before. Every
// setting has a value that works, so an empty configuration starts.
//
//	# gongzhi.conf
//	addr = 0.0.0.0:8080
//	db = postgres://gongzhi@localhost/city
//	trusted_proxies = 10.0.0.1, 10.0.0.2
//
// The same setting is GONGZHI_TRUSTED_PROXIES in the environment and
// --trusted-proxies on the command line.
package config

import (
	"net/url"
	"path/filepath"
	"time"
)

// Config is every setting. A field marked secret is never printed and has no
// flag, because a command line can be read by every user of the machine.
type Config struct {
	Addr           string        `key:"addr" default:"127.0.0.1:8080" help:"address to listen on"`
	Data           string        `key:"data" default:"data" help:"folder for the database file, photos and keys"`
	DB             string        `key:"db" help:"sqlite:FILE or postgres://…; empty means sqlite in the data folder"`
	Schema         string        `key:"schema" help:"PostgreSQL schema of this city"`
	KeyFile        string        `key:"key_file" help:"keys that seal contact data; empty means keys.json in the data folder"`
	KEK            string        `key:"kek" secret:"true" help:"32 bytes in base64 that wrap the keys in the key file"`
	BaseURL        string        `key:"base_url" help:"https://12345.example.cn: the only address answered; empty answers all"`
	TrustedProxies []string      `key:"trusted_proxies" help:"addresses or networks whose X-Forwarded-For is believed"`
	TileURL        string        `key:"tile_url" help:"https://tiles.example.cn/{z}/{x}/{y}.png; empty draws the city's own map"`
	City           string        `key:"city" help:"name shown in the head of the pages until one is set there"`
	Zone           string        `key:"zone" default:"Asia/Shanghai" help:"time zone of the city"`
	Workers        int           `key:"workers" default:"4" help:"background jobs done at the same time"`
	Timeout        time.Duration `key:"timeout" default:"60s" help:"longest time for reading a request, and for answering it"`
	LogLevel       string        `key:"log_level" default:"info" help:"debug, info, warn or error"`
	OutboundAllow  []string      `key:"outbound_allow" help:"private addresses or networks that gateways and webhooks may be called at; empty allows public ones only"`
	MetricsAddr    string        `key:"metrics_addr" help:"loopback address for /metrics, such as 127.0.0.1:9464; empty serves none"`
	BackupTo       string        `key:"backup_to" help:"folder for a backup every night; empty makes none"`
	BackupKeep     int           `key:"backup_keep" default:"14" help:"how many nightly backups are kept"`
	MQTTAddr       string        `key:"mqtt_addr" help:"address to listen on for devices that speak MQTT, such as :8883; empty listens for none"`
	MQTTCert       string        `key:"mqtt_cert" help:"file of the certificate that devices see; empty speaks in the clear, for a trusted network only"`
	MQTTKey        string        `key:"mqtt_key" help:"file of the certificate's key"`
	SMTPAddr       string        `key:"smtp_addr" help:"host:port of the mail server; empty sends no mail"`
	SMTPUser       string        `key:"smtp_user" help:"user at the mail server"`
	SMTPPassword   string        `key:"smtp_password" secret:"true" help:"password at the mail server"`
	SMTPTLS        string        `key:"smtp_tls" help:"tls, starttls or none; empty: tls at port 465, none on this machine, else starttls"`
	MailFrom       string        `key:"mail_from" help:"sender of our mails"`
	MailAddress    string        `key:"mail_address" help:"address at which the city receives mail, with any +tag; empty: that of mail_from"`
	MailListen     string        `key:"mail_listen" help:"host:port at which mail is received by SMTP; empty receives none"`
	MailCert       string        `key:"mail_cert" help:"certificate file with which mail_listen offers STARTTLS"`
	MailCertKey    string        `key:"mail_cert_key" help:"key file of mail_cert"`
	IMAPAddr       string        `key:"imap_addr" help:"host:port of the mailbox that is polled; empty polls none"`
	IMAPUser       string        `key:"imap_user" help:"user of the mailbox"`
	IMAPPassword   string        `key:"imap_password" secret:"true" help:"password of the mailbox"`
	IMAPTLS        string        `key:"imap_tls" help:"tls, starttls or none; empty: tls at port 993, none on this machine, else starttls"`
	IMAPFolder     string        `key:"imap_folder" default:"INBOX" help:"folder that is polled"`
	IMAPDone       string        `key:"imap_done" help:"folder that taken messages are moved to; empty marks them as read"`
	IMAPEvery      time.Duration `key:"imap_every" default:"1m" help:"how often the mailbox is polled"`

	// Ignored names settings of the environment that look like ours and are not
	// known. They cannot be refused: cluster managers put some there themselves.
	Ignored []string
}

// Database is the address of the database.
func (c *Config) Database() string {
	if c.DB != "" {
		return c.DB
	}
	return "sqlite:" + filepath.Join(c.Data, "gongzhi.db")
}

// Keys is the path of the key file.
func (c *Config) Keys() string {
	if c.KeyFile != "" {
		return c.KeyFile
	}
	return filepath.Join(c.Data, "keys.json")
}

// Blobs is the folder of the file store.
func (c *Config) Blobs() string { return filepath.Join(c.Data, "blobs") }

// TileHost is the part of TileURL that the content security policy allows.
func (c *Config) TileHost() string {
	u, err := url.Parse(c.TileURL)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
