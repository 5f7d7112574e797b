package app_test

import (
	"bytes"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"gongzhi/internal/actor"
	"gongzhi/internal/app"
	"gongzhi/internal/assessment/scoring"
	"gongzhi/internal/datasecurity"
	"gongzhi/internal/export"
	"gongzhi/internal/intake"
	"gongzhi/internal/intake/device"
	"gongzhi/internal/intake/open311"
	"gongzhi/internal/locale"
	"gongzhi/internal/setup/signin"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
	"gongzhi/internal/webhook"
)

// noTable are pages that have no table, and why.
var noTable = map[string]string{
	"/{$}": "the public's start page; published requests leave by Open311 (bulk.csv) and RSS", "/nearby": "published requests leave by Open311 (bulk.csv) and RSS",
	"/community": "the same rows are /setup/data/community, which has a table",
	"/setup":     "leads to the lists", "/setup/calendar": "draws /setup/data/days, which has a table", "/setup/settings": "one form",
	"/setup/backup": "files on the machine itself; gongzhi check reads them", "/setup/first": "one guided step at a time", "/setup/mail": "how one mailbox stands",
	"/setup/wechat": "one form", "/account": "a person's own account: his two or three sessions",
	"/desk": "the calls that one agent has open this minute; what comes of them is in /list", "/outbox/{id}": "one message", "/mail/{mail}": "one mail", "/sms/{sms}": "one SMS",
	"/case/{number}": "one request; /case/{number}/print is its paper", "/case/{number}/print": "a paper", "/track": "an empty form",
	"/export/{list}": "asks for a table", "/exports/{id}": "one export", "/dispatch/counts": "a part of the queue's page", "/dispatch/merge": "a look at the ticked rows of the queue before they are merged", "/setup/data/{kind}/entry/{key}": "one entry with its last edits",
	"/setup/devices/rules/{rule}": "one rule", "/setup/open311/partner/{partner}": "one partner", "/setup/signin/provider/{provider}": "one form", "/setup/sms/gateway/{id}": "one gateway with its last edits",
	"/exclusions/figures": "adds up /exclusions, which has a table", "/signals/{id}": "one signal; /signals has a table",
	"/setup/schemes/{scheme}/scheme.json": "a file", "/setup/schemes/{scheme}/items.xlsx": "a file",
}

// noTableUnder are the same for all pages of a part of the program.
var noTableUnder = map[string]string{
	"/open311": "a protocol of its own, with bulk.csv", "/feed": "is a list in a format of its own", "/report": "one report on its way", "/public": "one published request", "/r/": "one receipt",
	"/signin": "signing in", "/start": "the first administrator", "/account/": "forms of one account", "/wechat": "a protocol of its own", "/demo": "the demonstration's own", "/gateway": "a protocol of its own",
	"/devices": "a protocol of its own", "/events": "a protocol of its own", "/file": "a file", "/assets": "a file", "/mapping": "a file", "/healthz": "for probes", "/readyz": "for probes",
	"/design": "parts of pages", "/api": "describes operations", "/desk/": "one call", "/case/{number}/contact": "asks for a reason",
}

// forms end addresses that ask for one thing, or show the last step of it.
var forms = []string{"/new", "/import", "/import/{upload}", "/table.xlsx", "/table.csv", "/template.xlsx", "/progress", "/workbook.xlsx"}

var placeholder = regexp.MustCompile(`\{[a-z]+\}$`)

// TestEveryListCanBeExported is the promise that any list leaves as a table: a
// page has one, for exactly those who may see the page, or a reason why not.
func TestEveryListCanBeExported(t *testing.T) {
	a, _ := open(t, sqldb.SQLite)
	routes := slices.DeleteFunc(slices.Clone(a.Server.Routes()), func(r web.Route) bool { return r.API || r.Method != "GET" || strings.HasPrefix(r.Path, "/export/") })
	stands := map[string][]export.List{}
	for _, l := range a.DataSecurity.Lists {
		stands[l.Back] = append(stands[l.Back], l)
		if !locale.Has(locale.ZH, "export.list_"+l.Name) {
			t.Errorf("%s has no words", l.Name)
		}
	}
	known := map[string]bool{"/export/{list}": true}
	for _, r := range routes {
		path := placeholder.ReplaceAllString(r.Path, "{of}")
		known[r.Path], known[path] = true, true
		lists := stands[path]
		for _, l := range lists {
			if string(l.Policy) != r.Policy {
				t.Errorf("%s is seen by %s and exported by %s", r.Path, r.Policy, l.Policy)
			}
		}
		table := slices.ContainsFunc(routes, func(o web.Route) bool { return o.Path == r.Path+"/table.csv" && o.Policy == r.Policy })
		excused := noTable[r.Path] != "" || slices.ContainsFunc(slices.Collect(maps.Keys(noTableUnder)), func(p string) bool { return strings.HasPrefix(r.Path, p) })
		form := slices.ContainsFunc(forms, func(end string) bool { return strings.HasSuffix(r.Path, end) }) && len(lists) == 0
		switch {
		case (len(lists) > 0 || table) && noTable[r.Path] != "":
			t.Errorf("%s has a table: it needs no excuse", r.Path)
		case len(lists) == 0 && !table && !excused && !form:
			t.Errorf("%s has neither a table nor a reason why not", r.Path)
		}
	}
	for path := range stands {
		if !known[path] {
			t.Errorf("a table belongs to %s, which is no page", path)
		}
	}
	for path := range noTable {
		if !known[path] {
			t.Errorf("%s is excused and is no page", path)
		}
	}
	t.Logf("%d tables", len(a.DataSecurity.Lists))
}

// keepers are one of each who may see some list.
var keepers = []string{"dispatcher1101", "supervisor1301", "secadmin1551", "sysadmin1501", "auditor1401", "agent1027", "reviewer1201", "clerk2001"}

// Every page leads to its table, and every table is made in both formats, by who
// may see the page, on both engines. What opens a door is in none of them.
func TestEveryTableIsMadeWithoutASecretAndItsPageLeadsThere(t *testing.T) {
	exporting(t, func(t *testing.T, a *app.App, _ func(time.Duration)) {
		received(t, a, intake.Report{Body: "路灯不亮", Category: "010101", Phone: "13811112222"})
		received(t, a, intake.Report{Body: "路灯不亮", Category: "010101", Phone: "13811112222"})
		secrets, about := furnish(t, a)
		people, seats := map[string]actor.Actor{}, map[string]*browser{}
		for _, login := range keepers {
			people[login], seats[login] = sitting(t, a, login), signedIn(t, a.Handler(), login)
		}
		for _, l := range a.DataSecurity.Lists {
			if l.Name == "refused" {
				continue // it needs a file that was imported: 12-import.txtar
			}
			login := keepers[slices.IndexFunc(keepers, func(x string) bool { return actor.Allowed(people[x], l.Policy) })]
			b := seats[login]
			q := url.Values{}
			if of := about[l.Name]; of != "" {
				q.Set(export.Of, of)
			}
			b.open(l.BackTo(q))
			if b.status != 200 || !strings.Contains(b.body, "/export/"+l.Name) {
				t.Errorf("%s of %s: status %d, no link to /export/%s", b.path, login, b.status, l.Name)
			}
			b.open("/export/" + l.Name + "?" + q.Encode())
			if b.status != 200 || strings.Contains(b.text(), "export.") || !strings.Contains(b.body, `href="`+l.BackTo(q)+`"`) {
				t.Errorf("/export/%s: status %d", l.Name, b.status)
			}
			for _, format := range datasecurity.Formats {
				data := taken(t, a, people[login], datasecurity.Ask{List: l.Name, Query: q, Format: format})
				for name, secret := range secrets {
					if strings.Contains(data, secret) {
						t.Errorf("%s.%s holds %s", l.Name, format, name)
					}
				}
				if format == "csv" && strings.Contains(data, "export.") {
					t.Errorf("%s has a heading without words: %.200s", l.Name, data)
				}
			}
		}
	})
}

// taken is a table as text, a workbook cell by cell.
func taken(t *testing.T, a *app.App, who actor.Actor, c datasecurity.Ask) string {
	t.Helper()
	e, err := a.DataSecurity.Export(t.Context(), who, c)
	if err != nil {
		t.Fatalf("export %s: %v", c.List, err)
	}
	_, data, err := a.DataSecurity.Take(t.Context(), who, e.ID)
	if err != nil {
		t.Fatalf("take %s: %v", c.List, err)
	}
	if c.Format == "csv" {
		return string(data)
	}
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s.xlsx: %v", c.List, err)
	}
	defer f.Close()
	var out strings.Builder
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			out.WriteString(strings.Join(r, "\t") + "\n")
		}
	}
	return out.String()
}

// furnish gives the city one of each that has a secret, and says what the lists
// about one thing are about.
func furnish(t *testing.T, a *app.App) (secrets, about map[string]string) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	secrets = map[string]string{"the key of a partner": "key-that-a-partner-gave", "the secret of a provider": "secret-of-the-provider", "a secret in an address": "token-in-the-address"}
	ctx := t.Context()
	hook, err := a.Webhooks.Save(ctx, cityAdmin, webhook.Subscription{Name: "数据局", URL: "https://data.example/hook?key=token-in-the-address", Active: true})
	must(err)
	secrets["the secret of a webhook"], err = a.Webhooks.Issue(ctx, cityAdmin, hook.ID)
	must(err)
	must(a.Devices.Register(ctx, cityAdmin, device.Device{Code: "LAMP-1", Name: "路灯 1", Kind: "路灯", Active: true, Lat: 31.2, Lng: 120.6}))
	secrets["the key of a device"], err = a.Devices.Issue(ctx, cityAdmin, device.Owner{Kind: device.OfDevice, Code: "LAMP-1"})
	must(err)
	must(a.Devices.PutSource(ctx, cityAdmin, device.Source{Code: "IOT", Name: "物联网平台", Active: true}))
	secrets["the key of a system"], err = a.Devices.Issue(ctx, cityAdmin, device.Owner{Kind: device.OfSource, Code: "IOT"})
	must(err)
	_, err = a.Open311.SaveDestination(ctx, cityAdmin, open311.Destination{Name: "东江市 12345", Endpoint: "https://partner.example/v2", JSON: true, Key: "key-that-a-partner-gave", Active: true})
	must(err)
	secrets["a key of Open311"], err = a.Open311.GrantKey(ctx, cityAdmin, open311.GrantKey{Name: "地铁公司", Scopes: []string{"create"}})
	must(err)
	secrets["a token"] = programOf(t, a, "dispatcher1101").token
	_, err = a.SignIn.KeepProvider(ctx, sitting(t, a, "secadmin1551"), signin.Provider{Name: "市统一身份", Issuer: "https://id.example", ClientID: "gongzhi", Secret: "secret-of-the-provider"})
	must(err)
	scheme, err := a.Scoring.Save(ctx, cityAdmin, scoring.Save{Text: []byte(`{"code": "x", "name": "本市考核", "source": "办法", "items": [{"code": "solved", "name": "解决率", "kind": "linear", "full": 100, "rate": "solved"}]}`)})
	must(err)
	return secrets, map[string]string{"score-items": "lighting", "scheme-items": scheme.ID, "webhook-log": hook.ID, "device-readings": "LAMP-1", "sessions": "agent1027", "found": "year"}
}
