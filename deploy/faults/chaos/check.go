//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"

	"github.com/jetsheet/jetsheet"
)

// verified is what jetsheet verify says of a run.
type verified struct {
	Checked      int64             `json:"checked"`
	Published    int64             `json:"published"`
	Pending      int64             `json:"pending"`
	Cells        int64             `json:"cells"`
	ProblemCount int64             `json:"problemCount"`
	Problems     []json.RawMessage `json:"problems"`
}

// mostProblems of a run are shown.
const mostProblems = 5

// verifyTogether is how many runs are verified at a time.
const verifyTogether = 2

// verifyRuns has jetsheet verify every run, and returns what it finds wrong and the cells
// that it compared. A run of moving records is not compared with what they are by now.
func verifyRuns(ctx context.Context, command *commandLine, runs []*jetsheet.Run, still jetsheet.RunID) (cells int64, violations []string, err error) {
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(verifyTogether)
	for _, run := range runs {
		if run.Plan == nil {
			if run.Cancelled == nil { // who cancels in time leaves nothing to verify
				mu.Lock()
				violations = append(violations, fmt.Sprintf("run %s is closed without a plan", run.ID()))
				mu.Unlock()
			}
			continue
		}
		group.Go(func() error {
			args := []string{"verify", run.ID().String(), "--json"}
			if run.ID().Report != reportMoving || run.ID() == still {
				args = append(args, "--deep")
			}
			found, violation, err := verifyRun(ctx, command, args)
			mu.Lock()
			defer mu.Unlock()
			cells += found.Cells
			if violation != "" {
				violations = append(violations, violation)
			}
			return err
		})
	}
	err = group.Wait()
	return cells, violations, err
}

func verifyRun(ctx context.Context, command *commandLine, args []string) (verified, string, error) {
	var found verified
	// What stumbles does so here too, for some seconds.
	a, err := command.insist(ctx, []int{exitDone, exitDifferences, exitNothing}, args...)
	if err != nil {
		return found, "", err
	}
	text := "jetsheet " + strings.Join(args, " ")
	if err := json.Unmarshal([]byte(a.stdout), &found); err != nil {
		return found, "", fmt.Errorf("%s: %w: %s", text, err, a.stdout)
	}
	if found.ProblemCount == 0 && found.Pending == 0 {
		return found, "", nil
	}
	lines := []string{fmt.Sprintf("%s: %d problems, %d pending", text, found.ProblemCount, found.Pending)}
	for _, p := range found.Problems[:min(len(found.Problems), mostProblems)] {
		lines = append(lines, string(p))
	}
	return found, strings.Join(lines, "\n    "), nil
}

// readOutcomes reads every DONE record.
func (i *installation) readOutcomes(ctx context.Context) ([]jetsheet.Done, error) {
	stream, err := i.js.Stream(ctx, jetsheet.StreamDone)
	if err != nil {
		return nil, fmt.Errorf("look at stream %s: %w", jetsheet.StreamDone, err)
	}
	list, err := subjects(ctx, i.js, jetsheet.StreamDone, ">")
	if err != nil {
		return nil, err
	}
	var outcomes []jetsheet.Done
	for subject := range list {
		message, err := stream.GetLastMsgForSubject(ctx, subject)
		if err != nil {
			return nil, fmt.Errorf("read outcome %s: %w", subject, err)
		}
		var done jetsheet.Done
		if err := jetsheet.Decode(message.Data, &done); err != nil {
			return nil, fmt.Errorf("outcome %s: %w", subject, err)
		}
		outcomes = append(outcomes, done)
	}
	return outcomes, nil
}

// checkObjects holds what lies on S3 to the outcomes: one object under each published
// key, of the newest run that published there, and none beside.
func (i *installation) checkObjects(ctx context.Context, outcomes []jetsheet.Done) ([]string, error) {
	newest := map[string]jetsheet.RunID{}
	for _, done := range outcomes {
		if known, ok := newest[done.Key]; done.State == jetsheet.DonePublished && (!ok || known.Compare(done.Run) < 0) {
			newest[done.Key] = done.Run
		}
	}
	var violations []string
	client := i.s3.Client()
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: aws.String(bucket)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list bucket %s: %w", bucket, err)
		}
		for _, object := range page.Contents {
			if strings.HasPrefix(*object.Key, jetsheet.RecordPrefix) {
				continue
			}
			head, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: object.Key})
			if err != nil {
				return nil, fmt.Errorf("look at object %s: %w", *object.Key, err)
			}
			want, ok := newest[*object.Key]
			if got := head.Metadata["run"]; !ok || got != want.String() {
				violations = append(violations, fmt.Sprintf("object %s is of run %q, want %q", *object.Key, got, want))
			}
			delete(newest, *object.Key)
		}
	}
	for key, run := range newest {
		violations = append(violations, fmt.Sprintf("object %s of run %s is not there", key, run))
	}
	return violations, nil
}

// checkMoving reads every workbook of moving records: whatever changed while it was made,
// it shows one instant.
func (i *installation) checkMoving(outcomes []jetsheet.Done) (checked int, violations []string) {
	seen := map[string]bool{}
	for _, done := range outcomes {
		if done.Run.Report != reportMoving || done.State != jetsheet.DonePublished || seen[done.Key] {
			continue
		}
		seen[done.Key] = true
		checked++
		if err := checkInstant(i.s3.Path(bucket, done.Key)); err != nil {
			violations = append(violations, fmt.Sprintf("workbook %s: %v", done.Key, err))
		}
	}
	return checked, violations
}

// checkFailures returns what failed against the plan, and the runs in which that is.
func checkFailures(failures []failed) (unplanned []failed, runs map[jetsheet.RunID]bool) {
	runs = map[jetsheet.RunID]bool{}
	for _, f := range failures {
		if !f.planned() {
			unplanned = append(unplanned, f)
			runs[f.at.Run] = true
		}
	}
	return unplanned, runs
}

// mendable says whether a failure may come of what is played: whoever kills workers gets
// worker_crash in the end, whoever cancels gets cancelled, and what stumbles three times
// fails. All of them are mended by a replay.
func mendable(f failed, cancelled []string) bool {
	switch f.failure.Cause {
	case jetsheet.CauseWorkerCrash:
		return true
	case jetsheet.CauseCancelled:
		for _, run := range cancelled {
			if run == f.at.Run.String() {
				return true
			}
		}
		return false
	default:
		return f.at.Target == "stumbling"
	}
}
