package provider_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/open-feature/go-sdk/openfeature"

	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/flags/provider"
)

// watcherVariable makes the test binary a program that watches flags on this server.
const watcherVariable = "PROVIDER_TEST_WATCH"

// watchFlags prints the value of a flag whenever an event says that it has changed,
// until its input ends.
func watchFlags(url string) error {
	conn, err := nats.Connect(url)
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	source, err := provider.KV(js, "flags", "cutover")
	if err != nil {
		return err
	}
	p, err := provider.New(provider.Config{Source: source})
	if err != nil {
		return err
	}
	if err := p.Init(openfeature.EvaluationContext{}); err != nil {
		return err
	}
	defer p.Shutdown()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	_, _ = fmt.Fprintln(os.Stdout, "ready")
	for {
		select {
		case <-p.EventChannel():
			got := p.StringEvaluation(context.Background(), "cutover", "", nil)
			_, _ = fmt.Fprintln(os.Stdout, got.Value)
		case <-ended:
			return nil
		}
	}
}

// BenchmarkVisibleInAnotherProcess puts documents and waits until a second program has
// evaluated a flag by them.
func BenchmarkVisibleInAnotherProcess(b *testing.B) {
	for name, ids := range map[string]int{"1KB": 5, "39KB": 1_000, "390KB": 10_000} {
		b.Run(name, func(b *testing.B) { visible(b, ids) })
	}
}

func visible(b *testing.B, ids int) {
	server := localtest.StartNATS(b, local.NATSOptions{Addr: "127.0.0.1:0"})
	_, js := localtest.Connect(b, server)
	kv := createBucket(b, js)
	documents := [][]byte{large(ids, "legacy"), large(ids, "new")}
	put(b, kv, documents[1])
	lines := startWatcher(b, server.URL())
	var times []time.Duration
	for i := 0; b.Loop(); i++ {
		began := time.Now()
		put(b, kv, documents[i%2])
		want := []string{"legacy", "new"}[i%2]
		for lines.Scan() && lines.Text() != want {
		}
		times = append(times, time.Since(began))
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
}

func startWatcher(b *testing.B, url string) *bufio.Scanner {
	b.Helper()
	program := exec.CommandContext(b.Context(), os.Args[0])
	program.Env = append(os.Environ(), watcherVariable+"="+url)
	program.Stderr = os.Stderr
	input, err := program.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	output, err := program.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := program.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = input.Close()
		_ = program.Wait()
	})
	lines := bufio.NewScanner(output)
	if !lines.Scan() || lines.Text() != "ready" {
		b.Fatalf("the second process said %q, want ready", lines.Text())
	}
	return lines
}

// TestReadersAreNotBlocked evaluates all the time while large documents are read one
// after the other: evaluations go on during each of them.
func TestReadersAreNotBlocked(t *testing.T) {
	t.Parallel()
	b, s := bindScript(t, provider.News{Document: large(10_000, "legacy"), Version: "revision 1"}, provider.Config{})
	var evaluations atomic.Int64
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				got := b.StringEvaluation(context.Background(), "cutover", "", openfeature.FlattenedContext{"targetingKey": lastID})
				if got.Value != "new" || got.Reason != openfeature.TargetingMatchReason {
					t.Errorf("evaluated to %+v", got)
					return
				}
				evaluations.Add(1)
			}
		})
	}
	defer readers.Wait()
	defer close(stop)
	variants := []string{"new", "legacy"}
	for i := range 10 {
		before := evaluations.Load()
		document := []byte(strings.Replace(string(large(10_000, variants[i%2])), "{", fmt.Sprintf(`{"metadata": {"n": %d},`, i), 1))
		s.tell(provider.News{Document: document, Version: fmt.Sprint("revision ", i+2)})
		waitFor(t, func() error {
			if evaluations.Load() == before {
				return fmt.Errorf("no evaluation while document %d was read", i)
			}
			return nil
		})
		if got := b.Status(); got.State != openfeature.ReadyState || got.Version != fmt.Sprint("revision ", i+2) {
			t.Fatalf("Status = %+v after document %d", got, i)
		}
	}
}
