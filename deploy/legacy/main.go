package legacy

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
)

// Main is the program deploy/legacy/batch with the given arguments; it returns the exit
// code.
func Main(ctx context.Context, args []string) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	if err := batch(ctx, args, log); err != nil {
		log.ErrorContext(ctx, "exports ended", slog.Any("err", err))
		return 1
	}
	return 0
}

func batch(ctx context.Context, args []string, log *slog.Logger) error {
	if len(args) != 1 {
		return fmt.Errorf("arguments %q: give the month to export, such as 2026-10", args)
	}
	workers := 8
	if text := os.Getenv("EXPORT_WORKERS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return fmt.Errorf("EXPORT_WORKERS is %q: give a number above 0", text)
		}
		workers = n
	}
	database, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer database.Close()
	connection, err := nats.Connect(os.Getenv("NATS_URL"), nats.Name("previous system"), nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1))
	if err != nil {
		return err
	}
	defer connection.Close()
	cloud, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	forms, err := readForms(os.Getenv("EXPORT_FORMS"))
	if err != nil {
		return err
	}
	store := s3.NewFromConfig(cloud, func(o *s3.Options) { o.UsePathStyle = os.Getenv("EXPORT_PATH_STYLE") == "true" })
	made, err := Run(ctx, Config{
		Database: database, NATS: connection, S3: store, Bucket: os.Getenv("EXPORT_BUCKET"),
		Workers: workers, Forms: forms, AskAgain: 5 * time.Second, Log: log,
	}, args[0])
	if err != nil {
		return err
	}
	log.InfoContext(ctx, "exports done", slog.Int("targets", len(made)))
	return nil
}
