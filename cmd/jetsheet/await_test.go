package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
)

// awaitMain is a program that works until a signal comes, in the way that its argument
// says.
func awaitMain() {
	ctx, release := interruptible(context.Background(), os.Exit)
	a := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, log: slog.New(slog.DiscardHandler)}
	code := a.exitCode(ctx, await(ctx, os.Args[1]))
	release()
	os.Exit(code)
}

func await(ctx context.Context, how string) error {
	if _, err := fmt.Fprintln(os.Stdout, "ready"); err != nil {
		return err
	}
	<-ctx.Done()
	if _, err := fmt.Fprintln(os.Stdout, "cancelled"); err != nil {
		return err
	}
	switch how {
	case "role":
		return stopped(ctx, fmt.Errorf("fetch: %w", ctx.Err()))
	case "failing role":
		return stopped(ctx, errors.New("cannot give back a job"))
	case "finished":
		return exitWith(exitDifferences)
	case "stubborn":
		select {}
	default:
		return fmt.Errorf("list runs: %w", ctx.Err())
	}
}
