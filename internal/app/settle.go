package app

import "context"

// Settle lets every watcher and every job that is due do its work, and returns
// when nothing is left: for tests, imports and the demonstration city.
func (a *App) Settle(ctx context.Context) error {
	for {
		if _, err := a.Jobs.RunDue(ctx); err != nil {
			return err
		}
		for _, w := range a.watchers() {
			if err := w.Drain(ctx, a.DB); err != nil {
				return err
			}
		}
		n, err := a.Jobs.RunDue(ctx)
		if err != nil || n == 0 {
			return err
		}
	}
}
