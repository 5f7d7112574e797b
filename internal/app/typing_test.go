package app_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"

	"gongzhi/internal/demo"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// clockTyping notes in the page when each character came and when the answer to
// it, asked for after it came, had been drawn.
const clockTyping = `window.came = []; window.took = [];
	document.querySelector("#f-what").addEventListener("input", () => came.push(performance.now()), true);
	window.fetch = new Proxy(window.fetch, { apply: async (f, me, args) => {
		const covers = String(args[0]).endsWith("/look") ? came.splice(0) : [];
		const answer = await Reflect.apply(f, me, args), read = answer.text.bind(answer);
		answer.text = async () => {
			const html = await read();
			requestAnimationFrame(() => setTimeout(() => covers.forEach((t) => took.push(performance.now() - t))));
			return html;
		};
		return answer;
	} }); ""`

// said are what callers say, typed at six characters a second.
var said = []string{
	"梧桐路32号门口的路灯坏了三天，晚上看不见路，有老人差点摔倒，希望尽快修。",
	"小区旁边的工地半夜还在打桩，孩子睡不着觉，已经一个星期了，请派人去看看。",
	"菜市场门口的下水道堵了，污水流到路上，味道很大，走路都要绕开。",
	"公交车站牌倒了，等车的人不知道有哪几路车，麻烦通知公交公司。",
	"物业停了我们单元的电梯，说要等到下个月才修，楼上住着坐轮椅的老人。",
}

// TestTyping measures in a real browser, in the demonstration city with
// GONGZHI_TYPING requests, how long after a keystroke the desk shows what
// follows from it.
func TestTyping(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("GONGZHI_TYPING"))
	if err != nil {
		t.Skip("GONGZHI_TYPING is not set")
	}
	a, _ := open(t, sqldb.SQLite)
	if err := demo.Make(t.Context(), a, demo.Plan{Seed: 1, Days: 90, Requests: n, Until: sqldbtest.Start}, nil); err != nil {
		t.Fatal(err)
	}
	if err := a.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := stationOf(t, a, "agent1027")
	var all []float64
	for _, words := range said {
		s.open("/desk")
		s.is(`document.activeElement.id === "f-phone"`)
		s.alt("a")
		s.is(inWhat)
		s.text(clockTyping)
		for _, r := range words {
			s.keys(string(r))
			s.text(`new Promise((done) => setTimeout(() => done(""), 160))`)
		}
		s.is(`took.length === ` + strconv.Itoa(len([]rune(words))))
		s.is(`document.querySelector("#desk-options").textContent.trim() !== ""`)
		var took []float64
		if err := json.Unmarshal([]byte(s.text(`JSON.stringify(took)`)), &took); err != nil {
			t.Fatal(err)
		}
		all = append(all, took...)
		s.text(`document.querySelector("#f-what").select(); ""`)
		s.keys("\b")
	}
	slices.Sort(all)
	fmt.Printf("%d requests, %d keystrokes: half are on the screen within %.0f ms, 95 of 100 within %.0f ms\n", n, len(all), all[len(all)/2], all[len(all)*95/100])
}
