// Command batch is the previous system's program, started by cron on the first of each
// month:
//
//	batch 2026-10
//
// It reads DATABASE_URL, NATS_URL, EXPORT_BUCKET, EXPORT_WORKERS (8), EXPORT_FORMS (a folder with
// the forms that customers drew, REPORT.xlsx; empty for none), EXPORT_PATH_STYLE (true
// for S3 servers without a host name for each bucket) and the AWS SDK's variables, and logs
// each export as a line of JSON.
package main

import (
	"context"
	"os"

	"github.com/jetsheet/jetsheet/deploy/legacy"
)

func main() { os.Exit(legacy.Main(context.Background(), os.Args[1:])) }
