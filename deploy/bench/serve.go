package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/peak"
)

// serveCommand makes this program the second process.
const serveCommand = "serve"

// bucket is the S3 bucket of the benchmarks.
const bucket = "workbooks"

// served is the first line of the second process: where its servers are.
type served struct {
	NATS      string `json:"nats"`
	S3        string `json:"s3"`
	AccessKey string `json:"accessKey"`
	SecretKey string `json:"secretKey"`
	// Dir holds the objects: Dir/BUCKET/KEY.
	Dir string `json:"dir"`
}

// question asks the second process what it used in a span of time, or to profile itself.
type question struct {
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// Profile names a file to profile into until EndProfile.
	Profile    string `json:"profile,omitempty"`
	EndProfile bool   `json:"endProfile,omitempty"`
}

// answer is what it used.
type answer struct {
	CPU time.Duration `json:"cpu"`
	// PeakBytes is the most memory so far.
	PeakBytes int64  `json:"peakBytes"`
	Error     string `json:"error,omitempty"`
}

// serve runs nats-server and S3 until in ends, which it also does when the first
// process is killed, and removes their data.
func serve(ctx context.Context, args []string, in io.Reader, out io.Writer) (err error) {
	flags := flag.NewFlagSet(serveCommand, flag.ContinueOnError)
	syncAlways := flags.Bool("sync-always", false, "make every message durable before it is acknowledged")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "jetsheet-bench-")
	if err != nil {
		return fmt.Errorf("directory of the servers: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	// Objects lie in memory where they can: S3's disk is not ours to measure, and making
	// a file on a busy one costs more CPU time than everything else here.
	objectDir, remove, err := local.TempDir(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	samples, err := startSampler(ctx)
	if err != nil {
		return err
	}
	defer samples.close()
	nats, err := local.StartNATS(local.NATSOptions{Dir: filepath.Join(dir, "nats"), Addr: "127.0.0.1:0", SyncAlways: *syncAlways})
	if err != nil {
		return err
	}
	defer nats.Shutdown()
	objects, err := local.StartS3(local.S3Options{Dir: objectDir}) //nolint:contextcheck // Close ends it
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, objects.Close()) }() //nolint:contextcheck // it must close whatever became of ctx
	if err := objects.CreateBucket(ctx, bucket); err != nil {
		return err
	}
	access, secret := objects.Credentials()
	if err := json.NewEncoder(out).Encode(served{
		NATS: nats.URL(), S3: objects.Endpoint(), AccessKey: access, SecretKey: secret, Dir: objectDir,
	}); err != nil {
		return fmt.Errorf("tell where the servers are: %w", err)
	}
	return answerAll(samples, in, out)
}

func answerAll(samples *sampler, in io.Reader, out io.Writer) error {
	var running *profile
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var q question
		var a answer
		err := json.Unmarshal(lines.Bytes(), &q)
		switch {
		case err != nil:
		case q.Profile != "":
			running, err = startProfile(q.Profile)
		case q.EndProfile:
			err = running.stop()
		default:
			a, err = samples.answer(q)
		}
		if err != nil {
			a.Error = err.Error()
		}
		if err := json.NewEncoder(out).Encode(a); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
	return lines.Err()
}

func (s *sampler) answer(q question) (answer, error) {
	cpu, err := s.between(q.From, q.Until)
	if err != nil {
		return answer{}, err
	}
	memory, err := peak.OfSelf()
	return answer{CPU: cpu, PeakBytes: memory}, err
}
