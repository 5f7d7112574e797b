package telemetry

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the figures of one program, for whoever watches it. Labels are
// names of routes, jobs and states only: nothing in them can name a person.
type Metrics struct {
	registry *prometheus.Registry
	answers  *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

// Sample is one figure read at the moment when somebody asks.
type Sample struct {
	Name   string // gongzhi_jobs
	Help   string
	Labels []string // names and values in turn
	Value  float64
}

// NewMetrics counts answers and reads the runtime. look is asked for what the
// city's database knows, at each scrape and no longer than five seconds.
func NewMetrics(look func(context.Context) ([]Sample, error)) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gongzhi_http_answers_total",
			Help: "Answers by method, route and status."}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "gongzhi_http_seconds",
			Help: "Time from the first byte of a request to the end of its answer.", Buckets: []float64{.005, .02, .05, .1, .2, .5, 1, 2, 5, 20}}, []string{"route"}),
	}
	m.registry.MustRegister(m.answers, m.seconds, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), city{look})
	return m
}

// Observe counts one answer.
func (m *Metrics) Observe(method, route string, status int, took time.Duration) {
	m.answers.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}

// Handler answers /metrics and nothing else.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 2, Timeout: 10 * time.Second}))
	return mux
}

// city reads the figures of the database when it is asked.
type city struct {
	look func(context.Context) ([]Sample, error)
}

// Describe sends nothing: which figures there are depends on the data.
func (c city) Describe(chan<- *prometheus.Desc) {}

// Collect sends what look found, and whether it found anything.
func (c city) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	list, err := c.look(ctx)
	up := 1.0
	if err != nil {
		up = 0
	}
	list = append(list, Sample{Name: "gongzhi_database_up", Help: "1 when the database answered.", Value: up})
	for _, s := range list {
		var names, values []string
		for i := 0; i+1 < len(s.Labels); i += 2 {
			names, values = append(names, s.Labels[i]), append(values, s.Labels[i+1])
		}
		out <- prometheus.MustNewConstMetric(prometheus.NewDesc(s.Name, s.Help, names, nil), prometheus.GaugeValue, s.Value, values...)
	}
}
