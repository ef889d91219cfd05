//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet"
)

const (
	// pictureBucket has the pictures of the forms, previousBucket what the previous system
	// has made for comparedTenant.
	pictureBucket  = "pictures"
	previousBucket = "previous"
	comparedTenant = "f1"
)

// formsReport fills a form with pictures for two tenants; the workbooks of one are compared.
const formsReport = `report: forms
schedule: {cron: "0 5 * * *", timeZone: UTC, catchUp: all}
period: day
targets: |
  select tenant_id as tenant, site as target, 1 as weight from filled group by tenant_id, site
queries:
  records: |
    select n, note, picture from filled
    where tenant_id = @tenant and site = @target and pg_sleep(0.01) is not null order by n
workbook: {template: form}
output: {key: "{report}/{tenant}/{period}/{target}.xlsx", previous: "{tenant}/{period}/{target}.xlsx"}
`

// setUpForms stores the form, its pictures and the route of the tenant that is compared,
// and makes what the previous system has made: the same.
func (i *installation) setUpForms(ctx context.Context, reports string) error {
	for _, name := range []string{pictureBucket, previousBucket} {
		if err := i.s3.CreateBucket(ctx, name); err != nil {
			return fmt.Errorf("create bucket %s: %w", name, err)
		}
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		return err
	}
	for _, key := range []string{"0.png", "1.png"} {
		if err := i.put(ctx, pictureBucket, key, picture.Bytes()); err != nil {
			return err
		}
	}
	form := filepath.Join(i.dir, "form.xlsx")
	if err := writeForm(form); err != nil {
		return err
	}
	if _, err := i.command.insist(ctx, []int{exitDone}, "templates", "put", "form", form); err != nil {
		return err
	}
	if _, err := i.command.insist(ctx, []int{exitDone}, "flags", "tenant", comparedTenant, string(jetsheet.RouteShadow), "--reason", "chaos"); err != nil {
		return err
	}
	return i.makePrevious(ctx, reports)
}

func writeForm(path string) error {
	f := excelize.NewFile()
	err := f.SetSheetRow("Sheet1", "A1", &[]any{"{{#records}}{{n}}", "{{note}}", "{{picture | imageKey:40x30}}{{/records}}"})
	return errors.Join(err, f.SaveAs(path), f.Close())
}

// makePrevious has every workbook of every period there: no record of them changes.
func (i *installation) makePrevious(ctx context.Context, reports string) error {
	for _, site := range []string{"s1", "s2"} {
		made := filepath.Join(i.dir, site+".xlsx")
		_, err := i.command.insist(ctx, []int{exitDone}, "templates", "preview", "form", "--report", filepath.Join(reports, reportForms+".yaml"),
			"--tenant", comparedTenant, "--target", site, "-o", made, "--force", "--renderer-pictures-bucket="+pictureBucket)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(made)
		if err != nil {
			return err
		}
		for _, day := range periods(time.Now()) {
			if err := i.put(ctx, previousBucket, comparedTenant+"/"+day+"/"+site+".xlsx", content); err != nil {
				return err
			}
		}
	}
	return nil
}

// periods are the days of all ticks there may be: of those that people ask for, and of the
// calendar's.
func periods(now time.Time) []string {
	var days []string
	for nth := range lastTick {
		days = append(days, tick(nth).AddDate(0, 0, -1).Format(time.DateOnly))
	}
	for back := range 4 {
		days = append(days, now.UTC().AddDate(0, 0, 1-back).Format(time.DateOnly))
	}
	return days
}

func (i *installation) put(ctx context.Context, bucket, key string, content []byte) error {
	_, err := i.s3.Client().PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), Body: bytes.NewReader(content)})
	if err != nil {
		return fmt.Errorf("put s3://%s/%s: %w", bucket, key, err)
	}
	return nil
}

// checkCompared holds that each workbook of the tenant that is compared was, and that it
// was equal to the previous system's.
func checkCompared(outcomes []jetsheet.Done) (checked int, violations []string) {
	for _, done := range outcomes {
		if done.Tenant != comparedTenant {
			continue
		}
		checked++
		if done.Comparison == nil || done.Comparison.Result != jetsheet.ResultEqual {
			violations = append(violations, fmt.Sprintf("workbook %s is %s (%+v), want it compared and equal", done.Conversion(), done.State, done.Comparison))
		}
	}
	return checked, violations
}
