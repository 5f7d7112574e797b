package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/app"
	"gongzhi/internal/demo/geography"
	"gongzhi/internal/intake/device"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/webhook"
)

// things are the devices of the city: a platform speaks for gauges and lamps, and
// each manhole cover for itself.
type things struct {
	*City
	app  *app.App
	rng  *rand.Rand
	now  time.Time
	list []device.Device
}

// The kinds of devices, and how readings of the last hours run: hours back, value.
const (
	gauge = "积水监测仪"
	cover = "窨井盖"
	lamp  = "单灯控制器"

	iotPlatform = "iot"
)

// connect registers devices with their rules and sends the readings of the last
// hours: a flooded underpass that is draining, a lamp that is dark, a cover that
// was moved and came back, and a controller that repeats itself.
func (c *City) connect(ctx context.Context, a *app.App, p Plan) error {
	t := &things{City: c, app: a, rng: rand.New(rand.NewPCG(p.Seed, 0x64657669)), now: a.DB.Now()}
	if err := a.DB.Update(ctx, t.register); err != nil {
		return fmt.Errorf("devices of the demonstration city: %w", err)
	}
	if err := a.DB.Update(ctx, keepTokens); err != nil {
		return fmt.Errorf("tokens of the demonstration city: %w", err)
	}
	if err := t.speak(ctx); err != nil {
		return fmt.Errorf("readings of the demonstration city: %w", err)
	}
	return t.tell(ctx)
}

func (t *things) register(tx *sqldb.Tx) error {
	if err := device.SaveSource(tx, device.Source{Code: iotPlatform, Name: "市政物联网平台", Active: true}); err != nil {
		return err
	}
	for _, r := range t.rules() {
		if _, err := device.SaveRule(tx, actor.SystemID, r); err != nil {
			return err
		}
	}
	for _, x := range []struct {
		kind, prefix string
		from         geography.FacilityKind
		n            int
		source       string
	}{{gauge, "JS", geography.Bridge, 8, iotPlatform}, {lamp, "LD", geography.Lamp, 10, iotPlatform}, {cover, "JG", geography.Manhole, 8, ""}} {
		n := 0
		for _, f := range t.Land.Facilities {
			if f.Kind != x.from || n == x.n {
				continue
			}
			n++
			d := device.Device{Code: fmt.Sprintf("%s-%03d", x.prefix, n), Name: strings.TrimSuffix(f.Name, "井盖") + x.kind, Kind: x.kind, Facility: f.Code, Address: first(f.Address, f.Name), Area: f.Grid,
				Lat: f.Point.Lat, Lng: f.Point.Lng, Source: x.source, Active: true}
			if err := device.Save(tx, actor.SystemID, d); err != nil {
				return err
			}
			t.list = append(t.list, d)
		}
	}
	return nil
}

func first(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

func (t *things) rules() []device.Rule {
	leaf := func(name string) string {
		for _, c := range t.Rules.Categories {
			if c.Name == name {
				return c.Code
			}
		}
		return ""
	}
	return []device.Rule{
		{Kind: gauge, Name: "路面积水超警戒", Metric: "level", Unit: "cm", Trip: 27, Clear: 10, Times: 2, Minutes: 15, Category: leaf("道路积水"), Urgency: "urgent", RedoHours: 24, Active: true,
			Advice: "达到27厘米应封闭下穿通道，先设置警示，再排水。"},
		{Kind: cover, Name: "井盖移位", Metric: "tilt", Unit: "°", Trip: 15, Clear: 5, Times: 1, Minutes: 10, Category: leaf("井盖缺失松动"), Urgency: "urgent", RedoHours: 24, Active: true,
			Advice: "到场先围挡，两小时内复位或更换。"},
		{Kind: lamp, Name: "路灯夜间无电流", Metric: "current", Unit: "A", Below: true, Trip: 0.05, Clear: 0.3, Times: 2, Minutes: 60, Category: leaf("路灯不亮"), Urgency: "normal", RedoHours: 72, Active: true,
			Advice: "同一回路多盏无电流时，先查配电箱。"},
	}
}

// speak sends the readings, oldest first.
func (t *things) speak(ctx context.Context) error {
	flooded := []float64{2, 4, 9, 18, 31, 44, 52, 48, 41, 33}
	for i, d := range t.list {
		values := []float64{t.rng.Float64() * 4}
		switch {
		case d.Code == "JS-001":
			values = flooded
		case d.Code == "JG-003":
			values = []float64{1, 38, 37, 2}
		case d.Kind == lamp && d.Code == "LD-002":
			values = []float64{0.8, 0, 0, 0, 0}
		case d.Kind == lamp:
			values = []float64{0.7 + t.rng.Float64()*0.2}
		}
		step := 12 * time.Minute
		for k, v := range values {
			if err := t.send(ctx, d, k+1, v, t.now.Add(-step*time.Duration(len(values)-k)-time.Duration(i)*time.Second)); err != nil {
				return err
			}
		}
	}
	return t.repeat(ctx)
}

// repeat is a controller whose firmware sends the same again and again: most of
// it is only counted.
func (t *things) repeat(ctx context.Context) error {
	for _, d := range t.list {
		if d.Code != "LD-002" {
			continue
		}
		for k := range 400 {
			if err := t.send(ctx, d, 10+k, 0, t.now); err != nil {
				return err
			}
		}
	}
	return t.app.Devices.Flush(ctx)
}

var metrics = map[string]string{gauge: "level", cover: "tilt", lamp: "current"}

func (t *things) send(ctx context.Context, d device.Device, seq int, v float64, at time.Time) error {
	who := device.Owner{Kind: device.OfDevice, Code: d.Code}
	if d.Source != "" {
		who = device.Owner{Kind: device.OfSource, Code: d.Source}
	}
	r := device.Reading{Origin: "/demo", Event: fmt.Sprintf("%s/%d", d.Code, seq), Device: d.Code, Metric: metrics[d.Kind], Seq: int64(seq), At: at, Value: float64(int(v*100)) / 100}
	_, err := t.app.Devices.Take(ctx, who, r, nil)
	return err
}

// tell sets up two targets of events: one that takes them, inside this program,
// and one whose address the guard refuses, so that there is something to see on
// the page of what did not arrive.
func (t *things) tell(ctx context.Context) error {
	admin := actor.Actor{ID: actor.SystemID}
	for _, x := range []webhook.Subscription{
		{Name: "城市运行中心（演示，程序内接收）", URL: app.SinkURL, Since: t.now.Add(-36 * time.Hour)},
		{Name: "旧工单系统（演示，内网地址未放行）", URL: "https://10.0.0.8/hook", Deeds: []string{request.DeedClosed}, Since: t.now.Add(-24 * time.Hour)},
	} {
		x.Active = true
		saved, err := t.app.Webhooks.Save(ctx, admin, x)
		if err != nil {
			return err
		}
		if _, err := t.app.Webhooks.Issue(ctx, admin, saved.ID); err != nil {
			return err
		}
	}
	return nil
}
