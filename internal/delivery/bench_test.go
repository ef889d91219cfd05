package delivery_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// BenchmarkDelivery takes requests with nothing to do through a worker, on a server
// in the same process: the time is that of worker, client and server together.
func BenchmarkDelivery(b *testing.B) {
	for name, record := range map[string]bool{"starts recorded": true, "starts not recorded": false} {
		b.Run(name, func(b *testing.B) {
			s := setup(b, time.Minute)
			for i := range b.N {
				r := s.request(jetsheet.LaneSmall, fmt.Sprintf("b%d", i))
				body, err := json.Marshal(r)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := s.js.PublishAsync(jetsheet.RequestSubject(r.Lane, r.Conversion()), body); err != nil {
					b.Fatal(err)
				}
			}
			<-s.js.PublishAsyncComplete()
			left, done := b.N, make(chan struct{}, 12)
			cfg := s.config(12, func(context.Context, *delivery.Job) error { return nil })
			cfg.Settled = func(context.Context, *delivery.Job) { done <- struct{}{} }
			cfg.RecordStarts, cfg.Logger = record, slog.New(slog.DiscardHandler)
			b.ReportAllocs()
			b.ResetTimer()
			stop := s.start(cfg)
			for ; left > 0; left-- {
				<-done
			}
			b.StopTimer()
			stop()
		})
	}
}
