package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"gongzhi/internal/job"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/telemetry"
)

// figures are what the city's database tells whoever watches the program.
func (a *App) figures(ctx context.Context) (out []telemetry.Sample, err error) {
	err = a.DB.View(ctx, func(tx *sqldb.Tx) error {
		jobs, err := job.Counts(tx)
		if err != nil {
			return err
		}
		for _, c := range jobs {
			out = append(out, telemetry.Sample{Name: "gongzhi_jobs", Help: "Jobs by kind and state; dead ones need a person.", Labels: []string{"kind", c.Kind, "state", c.State}, Value: float64(c.N)})
		}
		lags, err := matter.Lags(tx)
		if err != nil {
			return err
		}
		for name, lag := range lags {
			out = append(out, telemetry.Sample{Name: "gongzhi_watcher_lag_seconds", Help: "Age of the oldest event a watcher has not read.", Labels: []string{"watcher", name}, Value: lag.Seconds()})
		}
		return nil
	})
	return out, err
}

// loopback refuses an address for metrics that others could reach: they have no
// sign-in of their own.
func loopback(address string) error {
	if address == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("configuration: metrics_addr: %w", err)
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return fmt.Errorf("configuration: metrics_addr %q can be reached from outside: use 127.0.0.1 and let an agent on this machine collect", address)
	}
	return nil
}

// serveMetrics answers on a listener of its own until ctx ends.
func (a *App) serveMetrics(ctx context.Context) error {
	if a.Config.MetricsAddr == "" {
		return nil
	}
	ln, err := net.Listen("tcp", a.Config.MetricsAddr)
	if err != nil {
		return err
	}
	s := &http.Server{Handler: a.metrics.Handler(), ReadTimeout: 10 * time.Second, WriteTimeout: 20 * time.Second}
	go func() {
		<-ctx.Done()
		s.Close()
	}()
	go func() {
		if err := s.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			a.log.Error("metrics", "err", err)
		}
	}()
	return nil
}
