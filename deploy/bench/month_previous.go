package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet/deploy/legacy"
)

// previousCommand makes this program deploy/legacy/batch.
const previousCommand = "previous"

func bePrevious(ctx context.Context, args []string) error {
	if code := legacy.Main(ctx, args); code != 0 {
		return fmt.Errorf("the previous system ended with %d", code)
	}
	return nil
}

// previousMonth runs the previous system once, in a process of its own, from its start to
// its end.
func (r *rig) previousMonth(ctx context.Context, m mix) (_ *monthCost, err error) {
	conn, _, err := r.connect(nil)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if _, err := conn.Subscribe("conversions.ops.routes", routeToPrevious); err != nil {
		return nil, err
	}
	if err := conn.Flush(); err != nil {
		return nil, err
	}
	forms, err := os.MkdirTemp("", "jetsheet-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(forms)) }()
	for name, file := range m.forms {
		if err := os.WriteFile(filepath.Join(forms, name+".xlsx"), file, 0o600); err != nil {
			return nil, err
		}
	}
	command, logged, err := r.previousProcess(ctx, forms)
	if err != nil {
		return nil, err
	}
	postgres, _ := groupCPU(r.postgres.PID())
	cost := &monthCost{began: time.Now(), books: map[bookID]madeBook{}}
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("the previous system: %w: %s", err, logged)
	}
	end := time.Now()
	cost.own = command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	if err := cost.readLog(logged); err != nil {
		return nil, err
	}
	return cost, cost.charge(r, end, postgres)
}

// routeToPrevious answers that all customers are the previous system's.
func routeToPrevious(m *nats.Msg) {
	var question struct{ Tenants []string }
	type route struct {
		Tenant   string `json:"tenant"`
		Previous bool   `json:"previous"`
	}
	var answer struct {
		Error   string  `json:"error,omitempty"`
		Tenants []route `json:"tenants"`
	}
	if err := json.Unmarshal(m.Data, &question); err != nil {
		answer.Error = err.Error()
	}
	for _, tenant := range question.Tenants {
		answer.Tenants = append(answer.Tenants, route{tenant, true})
	}
	if body, err := json.Marshal(answer); err == nil {
		_ = m.Respond(body) // it asks again
	}
}

// previousProcess is the previous system for the month of the tick, with as many workers as the
// renderer has slots and as many connections to the database.
func (r *rig) previousProcess(ctx context.Context, forms string) (*exec.Cmd, *bytes.Buffer, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	pool := r.pool.Config()
	database, err := url.Parse(pool.ConnString())
	if err != nil {
		return nil, nil, err
	}
	query := database.Query()
	query.Set("pool_max_conns", strconv.Itoa(int(pool.MaxConns)))
	database.RawQuery = query.Encode()
	logged := &bytes.Buffer{}
	command := exec.CommandContext(ctx, self, previousCommand, r.tick.AddDate(0, 0, -1).Format("2006-01")) //nolint:gosec // ourselves
	command.Stderr = logged
	command.Env = []string{ // and nothing of this process's, such as a profile of AWS
		childVariable + "=1", "DATABASE_URL=" + database.String(), "NATS_URL=" + r.child.NATS,
		"EXPORT_BUCKET=" + bucket, "EXPORT_WORKERS=" + strconv.Itoa(slots), "EXPORT_FORMS=" + forms, "EXPORT_PATH_STYLE=true",
		"AWS_ENDPOINT_URL_S3=" + r.child.S3, "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=" + r.child.AccessKey, "AWS_SECRET_ACCESS_KEY=" + r.child.SecretKey,
	}
	return command, logged, nil
}

// readLog notes the exports in the system's log, a line of JSON each.
func (c *monthCost) readLog(log *bytes.Buffer) error {
	for lines := json.NewDecoder(log); lines.More(); {
		var line struct {
			Time                        time.Time
			Msg                         string
			Report, Tenant, Target, Key string
			Rows                        int64
		}
		if err := lines.Decode(&line); err != nil {
			return fmt.Errorf("read the previous system's log: %w", err)
		}
		if line.Msg == "exported" {
			c.books[bookID{line.Report, line.Tenant, line.Target}] = madeBook{key: line.Key, at: line.Time, rows: line.Rows}
		}
	}
	return nil
}
