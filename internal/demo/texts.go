package demo

import (
	"context"
	"fmt"

	"gongzhi/internal/app"
	"gongzhi/internal/intake"
	"gongzhi/internal/outbox"
)

// texts are SMS that came in: a report with a word to add, and two that a person
// has to read.
var texts = []intake.Reply{
	{ID: "demo-1", Phone: "19000007701", Words: "梧桐路公交站往东第二个井盖松了，车一过就响"},
	{ID: "demo-2", Phone: "19000007701", Words: "今天早上又响了，晚上吵得睡不着"},
	{ID: "demo-3", Phone: "19000007702", Words: "5"},
	{ID: "demo-4", Phone: "19000007703", Words: "？？"},
}

// text has the SMS arrive, as from the gateway of the demonstration, one of them
// twice.
func (c *City) text(ctx context.Context, a *app.App) error {
	for _, list := range [][]intake.Reply{texts, texts[1:2]} {
		if err := a.Intake.TakeReplies(ctx, outbox.RehearsalVia, list); err != nil {
			return fmt.Errorf("SMS of the demonstration city: %w", err)
		}
	}
	return nil
}
