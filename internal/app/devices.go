package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"gongzhi/internal/intake/device"
	"gongzhi/internal/mqtt"
	"gongzhi/internal/webhook"
)

// machines are the rooms where other systems come in and are told.
func (a *App) machines() (*device.Service, *webhook.Service) {
	d := &device.Service{DB: a.DB, Vault: a.Vault, Catalog: a.Catalog, Atlas: a.Atlas, Numbers: a.Numbers, Intake: a.Intake, Base: a.base}
	return d, &webhook.Service{DB: a.DB, Vault: a.Vault, Catalog: a.Catalog, Base: a.base, Call: a.call, Log: a.log, BaseURL: a.Config.BaseURL}
}

// hearDevices listens for devices that speak MQTT, when the configuration names
// an address. hangUp ends that and writes down what was counted.
func (a *App) hearDevices() (hangUp func(context.Context), err error) {
	hangUp = func(ctx context.Context) {
		if err := a.Devices.Flush(ctx); err != nil {
			a.log.ErrorContext(ctx, "devices", "err", err)
		}
	}
	if a.Config.MQTTAddr == "" {
		return hangUp, nil
	}
	o := mqtt.Options{Now: time.Now, Log: a.log}
	if a.Config.MQTTCert != "" {
		pair, err := tls.LoadX509KeyPair(a.Config.MQTTCert, a.Config.MQTTKey)
		if err != nil {
			return hangUp, fmt.Errorf("configuration: mqtt_cert: %w", err)
		}
		o.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	ln, err := net.Listen("tcp", a.Config.MQTTAddr)
	if err != nil {
		return hangUp, fmt.Errorf("configuration: mqtt_addr: %w", err)
	}
	b, err := mqtt.Start(ln, a.Devices.Wire(o))
	if err != nil {
		return hangUp, err
	}
	a.Devices.Connect(b)
	a.log.Info("listening for devices", "address", ln.Addr().String(), "tls", o.TLS != nil)
	flush := hangUp
	return func(ctx context.Context) {
		if err := b.Close(); err != nil {
			a.log.ErrorContext(ctx, "devices", "err", err)
		}
		flush(ctx)
	}, nil
}
