package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

// The commands of scripts about runs and workbooks.

// startServices starts NATS and S3 and sets the variables with which jetsheet finds
// them, and the database of $DATABASE.
func startServices(ts *testscript.TestScript, _ bool, _ []string) {
	tb := testingTB(ts)
	s3 := localtest.StartS3(tb, local.S3Options{})
	access, secret := s3.Credentials()
	for name, value := range map[string]string{
		"JETSHEET_NATS_URL":           localtest.StartNATS(tb, local.NATSOptions{Addr: "127.0.0.1:0"}).URL(),
		"JETSHEET_DATABASE_URL":       ts.Getenv("DATABASE"),
		"JETSHEET_S3_BUCKET":          localtest.Bucket,
		"JETSHEET_S3_ENDPOINT":        s3.Endpoint(),
		"JETSHEET_S3_REGION":          "us-east-1",
		"JETSHEET_S3_PATH_STYLE":      "true",
		"AWS_ACCESS_KEY_ID":           access,
		"AWS_SECRET_ACCESS_KEY":       secret,
		"AWS_CONFIG_FILE":             os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		ts.Setenv(name, value)
	}
	ts.Setenv("OBJECTS", s3.Path(localtest.Bucket, ""))
}

// eventually runs a program until it succeeds: eventually jetsheet runs list. Roles in
// the background need a moment.
func eventually(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: eventually program [args...]")
	}
	deadline := time.After(time.Minute)
	pace := time.NewTicker(200 * time.Millisecond)
	defer pace.Stop()
	for {
		err := ts.Exec(args[0], args[1:]...)
		if err == nil {
			return
		}
		select {
		case <-deadline:
			ts.Fatalf("%v never succeeds: %v", args, err)
		case <-pace.C:
		}
	}
}

// execSQL runs a statement on $DATABASE: sql 'drop table x'.
func execSQL(ts *testscript.TestScript, _ bool, args []string) {
	ctx := testingTB(ts).Context()
	conn, err := pgx.Connect(ctx, ts.Getenv("DATABASE"))
	ts.Check(err)
	_, err = conn.Exec(ctx, strings.Join(args, " "))
	ts.Check(err)
	ts.Check(conn.Close(ctx))
}

// damageWorkbooks changes a byte of every workbook below a directory, as a disk may:
// damage DIR.
func damageWorkbooks(ts *testscript.TestScript, _ bool, args []string) {
	damaged := 0
	ts.Check(filepath.WalkDir(args[0], func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".xlsx" {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		body[len(body)/2] ^= 1
		damaged++
		// With another time the server would see that the file is not what was put.
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return errors.Join(os.WriteFile(path, body, 0o600), os.Chtimes(path, info.ModTime(), info.ModTime()))
	}))
	if damaged == 0 {
		ts.Fatalf("there is no workbook below %s", args[0])
	}
}
