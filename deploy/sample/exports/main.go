// Command exports is an example of a program that follows jetsheet's done records: it
// marks the exports table of the sample's own application (deploy/sample/schema.sql),
// so that a customer's screen can say "your workbook of October is there".
//
//	stream DONE ─► durable consumer "exports" ─► upsert into exports ─► acknowledge
//
// It knows nothing of jetsheet but the documented fields of a done record. A message is
// acknowledged after the row is committed, so a crash repeats it, and repeating it
// changes nothing.
//
//	DATABASE_URL=… NATS_URL=… go run ./deploy/sample/exports
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// done holds the fields of a done record that this program needs. Unknown fields are
// ignored: jetsheet only ever adds some.
type done struct {
	Report string `json:"report"`
	Tenant string `json:"tenant"`
	Target string `json:"target"`
	// State is published, skipped (no records), compared or superseded.
	State  string `json:"state"`
	Period struct {
		Label string `json:"label"`
	} `json:"period"`
	Key string    `json:"key"`
	At  time.Time `json:"at"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Getenv("DATABASE_URL"), os.Getenv("NATS_URL"))
	stop()
	if err != nil {
		slog.Error("exports ended", slog.Any("err", err))
		os.Exit(1)
	}
}

// run follows the done records until ctx ends.
func run(ctx context.Context, databaseURL, natsURL string) error {
	pool, err := pgxpool.New(ctx, databaseURL)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	defer pool.Close()
	// The shipped configuration (deploy/nats) lets this user read its own inbox only.
	conn, err := nats.Connect(natsURL, nats.Name("exports"), nats.CustomInboxPrefix("_INBOX_exports"), nats.MaxReconnects(-1))
	if err != nil {
		return fmt.Errorf("connect to NATS: %w", err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return fmt.Errorf("JetStream: %w", err)
	}
	// A durable consumer remembers on the server what was acknowledged: after a
	// restart the program goes on where it stopped.
	consumer, err := js.CreateOrUpdateConsumer(ctx, "DONE", jetstream.ConsumerConfig{
		Durable: "exports", AckPolicy: jetstream.AckExplicitPolicy, FilterSubject: "conversions.done.>",
	})
	if err != nil {
		return fmt.Errorf("follow stream DONE: %w", err)
	}
	return follow(ctx, consumer, func(d *done) error { return mark(ctx, pool, d) })
}

// follow handles one record after the other. One that cannot be handled now comes again
// in a while.
func follow(ctx context.Context, consumer jetstream.Consumer, handle func(*done) error) error {
	messages, err := consumer.Messages(jetstream.PullMaxMessages(100))
	if err != nil {
		return fmt.Errorf("follow stream DONE: %w", err)
	}
	stop := context.AfterFunc(ctx, messages.Stop)
	defer stop()
	for {
		m, err := messages.Next()
		if errors.Is(err, jetstream.ErrMsgIteratorClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read stream DONE: %w", err)
		}
		var d done
		if err = json.Unmarshal(m.Data(), &d); err == nil {
			err = handle(&d)
		}
		if err != nil {
			slog.WarnContext(ctx, "record not handled, it will come again", slog.String("subject", m.Subject()), slog.Any("err", err))
			err = m.NakWithDelay(10 * time.Second)
		} else {
			err = m.Ack()
		}
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("acknowledge: %w", err)
		}
	}
}

// mark writes what the application shows. The newest outcome of a workbook stays: a
// re-run's comes later.
func mark(ctx context.Context, pool *pgxpool.Pool, d *done) error {
	if d.State != "published" && d.State != "skipped" {
		return nil // compared: not published; superseded: the newer one has its own record
	}
	_, err := pool.Exec(ctx, `
		insert into exports (report, tenant_id, target, period, state, s3_key, updated_at)
		values ($1, ($2::text)::bigint, $3, $4, $5, nullif($6, ''), $7)
		on conflict (report, tenant_id, target, period) do update
		set state = excluded.state, s3_key = excluded.s3_key, updated_at = excluded.updated_at
		where exports.updated_at <= excluded.updated_at`,
		d.Report, d.Tenant, d.Target, d.Period.Label, d.State, d.Key, d.At)
	if err != nil {
		return fmt.Errorf("mark %s of tenant %s: %w", d.Report, d.Tenant, err)
	}
	return nil
}
