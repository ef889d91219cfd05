package main

import (
	"context"
	"slices"
	"time"

	"github.com/jetsheet/jetsheet/ops"
)

// obstaclePace is how often somebody who waits for a run looks at what keeps it.
const obstaclePace = 3 * time.Second

// obstacles tells somebody who waits for a run what keeps it, each thing once for as long
// as it lasts.
type obstacles struct {
	reader *ops.Reader
	shown  *waitProgress
	looked time.Time
	list   []ops.Obstacle
	told   []string
}

// look looks now and then. That it cannot be seen what keeps the run does not stop the
// waiting.
func (o *obstacles) look(ctx context.Context, run *ops.RunInfo) {
	if time.Since(o.looked) < obstaclePace {
		return
	}
	o.looked = time.Now()
	ctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	list, err := o.reader.Obstacles(ctx, run)
	if err != nil {
		return
	}
	o.list = list
	var told []string
	for i := range list {
		// Not the text: an error may have another request's number in it each time.
		which := string(list[i].Stage) + " " + list[i].Paused
		if !slices.Contains(o.told, which) {
			o.shown.note(list[i].Text)
		}
		told = append(told, which)
	}
	o.told = told
}

func (o *obstacles) texts() []string {
	texts := make([]string, 0, len(o.list))
	for i := range o.list {
		texts = append(texts, o.list[i].Text)
	}
	return texts
}
