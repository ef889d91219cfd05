package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

// TestMain makes the test binary the second process where it is started as such.
func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		if err := run(context.Background(), os.Args[1:], os.Stdout, os.Stderr); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	localtest.Main(m)
}

// TestSmoke runs every benchmark on very little.
func TestSmoke(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"noop":      {[]string{"noop", "-n", "50", "-counted", "50", "-repeat", "1", "-sync", "default", "-attribute=false"}, []string{"| default, 1", "| → S3 PUT", "| → conversions.done"}},
		"pipeline":  {[]string{"pipeline", "-n", "50", "-attribute=false"}, []string{"| conversions ", " 50 |", "peak memory"}},
		"templates": {[]string{"pipeline", "-n", "50", "-templates", "-attribute=false"}, []string{"50 conversions of 20 rows, whole pipeline, one in three by a template", " 50 |"}},
		"plan":      {[]string{"plan", "-n", "50"}, []string{"50 planned conversions", "| planning, s"}},
		"replay":    {[]string{"replay", "-n", "50"}, []string{"50 failed conversions of 20 rows, replayed", "| all published after, s"}},
		"month":     {[]string{"month", "-tenants", "4", "-rounds", "1", "-dense", "2"}, []string{"**tables only**: ", "**one report in three a form**: ", "all equal in both", "| CPU, all processes"}},
		"large":     {[]string{"large", "-rows", "1000", "-attribute=false"}, []string{"| rows read back, headers included"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, progress strings.Builder
			if err := run(t.Context(), c.args, &out, &progress); err != nil {
				t.Fatalf("bench %q: %v\n%s", c.args, err, progress.String())
			}
			for _, want := range c.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("bench %q does not print %q:\n%s", c.args, want, out.String())
				}
			}
		})
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"nothing"}, {"noop", "-sync", "sometimes"}, {"plan", "-rows", "1"}} {
		var out, progress strings.Builder
		if err := run(t.Context(), args, &out, &progress); err == nil || !strings.Contains(err.Error(), "usage: go run ./deploy/bench") {
			t.Errorf("bench %q: error %v, want the usage", args, err)
		}
	}
}
