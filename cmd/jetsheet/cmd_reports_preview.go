package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/producer"
	"github.com/jetsheet/jetsheet/renderer"
)

// reportsPreviewCommand shows what a definition makes.
type reportsPreviewCommand struct {
	File    string         `arg:"" name:"FILE" help:"Definition."`
	Tenant  string         `name:"tenant" placeholder:"ID" help:"Only this tenant."`
	Target  string         `name:"target" placeholder:"ID" help:"Only this target."`
	Tick    string         `name:"tick" placeholder:"INSTANT" help:"As if the report ran then: 2026-11-01T05:00:00+09:00, or \"2026-11-01 05:00\" in the report's zone. The schedule's latest tick by default."`
	Limit   int            `name:"limit" default:"50" placeholder:"COUNT" help:"Workbooks that are shown; all are counted. 0 shows all."`
	Output  string         `name:"output" short:"o" placeholder:"X.xlsx" help:"Make the one workbook that is left and write it to this file."`
	Force   bool           `name:"force" help:"Overwrite the file."`
	JSON    bool           `name:"json" help:"Print one JSON object."`
	Sources previewSources `embed:""`
}

// previewSources are where the records and pictures of a workbook are.
type previewSources struct {
	Database      databaseSettings         `embed:"" prefix:"database-" group:"database settings"`
	S3            s3Server                 `embed:"" prefix:"s3-" group:"S3 settings"`
	PictureBucket renderer.PictureSettings `embed:"" prefix:"renderer-pictures-" group:"renderer settings"`
}

// Help is the command's longer description.
func (c *reportsPreviewCommand) Help() string {
	return "Reads the targets of one tick as a run would plan them, and needs only the database. Targets with a problem come first. With --output it makes one workbook. Nothing is stored and nothing is sent. Exit code 0: done, 1: the definition or a query has problems, 3: targets have problems, or the workbook would fail, 4: there is no target, or no record for the workbook."
}

// Run shows the targets or makes the workbook.
func (c *reportsPreviewCommand) Run(ctx context.Context, app *app) error {
	if c.Limit < 0 {
		return usageError("--limit is %d: expected 0 or more", c.Limit)
	}
	if err := refuseOverwrite(c.Output, c.Force); err != nil {
		return err
	}
	file, err := c.read(app)
	if err != nil {
		return err
	}
	return c.Sources.show(ctx, &preview{app: app, options: c, file: file, d: file.definition})
}

// show opens what the preview reads, and shows it.
func (s *previewSources) show(ctx context.Context, p *preview) error {
	pool, err := p.app.openDatabase(ctx, &s.Database, clientCommand)
	if err != nil {
		return err
	}
	defer pool.Close()
	p.db = query.New(pool)
	if s.PictureBucket.Bucket != "" {
		client, err := p.app.newS3Client(ctx, &s.S3)
		if err != nil {
			return err
		}
		p.pictures = newPictures(client, s.PictureBucket)
	}
	return p.run(ctx)
}

// read reads the definition; what is wrong in it is printed.
func (c *reportsPreviewCommand) read(app *app) (*definitionFile, error) {
	if info, err := os.Stat(c.File); err == nil && info.IsDir() {
		return nil, usageError("%s is a directory: name one definition", filepath.Clean(c.File))
	}
	files, err := readDefinitions([]string{c.File})
	if err != nil {
		return nil, err
	}
	return files[0], app.refuseProblems(files, c.JSON)
}

// refuseProblems prints what is wrong in definitions and ends the command with exit
// code 1; nil when nothing is.
func (a *app) refuseProblems(files []*definitionFile, asJSON bool) error {
	problems := countProblems(files)
	if problems == 0 {
		return nil
	}
	var err error
	if asJSON {
		err = a.printJSON(struct {
			Files    []fileProblems `json:"files"`
			Problems int            `json:"problems"`
		}{problemsForPrograms(files), problems})
	} else {
		err = printProblems(a.stdout, files)
	}
	return errors.Join(err, exitWith(exitFailure))
}

// preview is one preview at work.
type preview struct {
	app     *app
	options *reportsPreviewCommand
	file    *definitionFile
	d       *report.Definition
	db      *query.DB
	// pictures is nil where no bucket is set.
	pictures renderer.Pictures
	tick     time.Time
	now      time.Time // PostgreSQL's
	// template is the file that is filled, whatever a target names, and templateName what the
	// command calls it; nil and empty for sheets.
	template     []byte
	templateName string
}

func (p *preview) run(ctx context.Context) error {
	files := []*definitionFile{p.file}
	if err := checkQueries(ctx, p.db, files); err != nil {
		return err
	}
	if err := p.app.refuseProblems(files, p.options.JSON); err != nil {
		return err
	}
	if err := p.setTick(ctx); err != nil {
		return err
	}
	s := &selection{tenant: p.options.Tenant, target: p.options.Target, limit: p.options.Limit}
	if p.options.Output != "" {
		s.limit = mostNames
	}
	_, err := producer.Targets(ctx, p.db, p.d, p.tick, "", s.take)
	if err != nil {
		return p.failed(err, func(string) string { return targetsPath })
	}
	if p.options.Output != "" {
		return p.makeWorkbook(ctx, s)
	}
	return p.printTargets(s)
}

// setTick sets the tick: the one that was asked for, or the latest.
func (p *preview) setTick(ctx context.Context) (err error) {
	if p.now, err = p.db.Now(ctx); err != nil {
		return databaseError(err)
	}
	p.now = p.now.UTC()
	zone := scheduleZone(p.d)
	switch {
	case p.options.Tick != "":
		p.tick, err = parseInstant("tick", p.options.Tick, zone)
	case p.d.Schedule != nil:
		p.tick = p.d.Schedule.Calendar.Latest(p.now)
	default:
		p.tick = p.now.Truncate(time.Minute)
	}
	return err
}

// scheduleZone is the zone in which people read the ticks of a report.
func scheduleZone(d *report.Definition) *time.Location {
	if d.Schedule != nil {
		return d.Schedule.Calendar.Zone()
	}
	zone, err := report.LoadZone(d.TimeZone)
	if err != nil {
		return time.UTC // Parse has loaded it
	}
	return zone
}

// remarks are what is unusual about the tick.
func (p *preview) remarks() []string {
	remarks := []string{}
	if p.tick.After(p.now) {
		remarks = append(remarks, "this tick has not come by the database's clock, records may still be missing")
	}
	if s := p.d.Schedule; s != nil && !s.Calendar.Latest(p.tick).Equal(p.tick) {
		remarks = append(remarks, "the schedule has no tick then; the one before it is "+localMinute(s.Calendar.Latest(p.tick), scheduleZone(p.d)))
	}
	return remarks
}

// selection picks what is shown out of all targets. It holds no more than twice the
// limit.
type selection struct {
	tenant, target string
	limit          int // 0 is none

	total, matching, withProblem int
	broken, sound                []jetsheet.Target
}

func (s *selection) take(t jetsheet.Target) error {
	s.total++
	if (s.tenant != "" && s.tenant != t.Tenant) || (s.target != "" && s.target != t.Target) {
		return nil
	}
	s.matching++
	kept := &s.sound
	if t.Problem != nil {
		s.withProblem++
		kept = &s.broken
	}
	if s.limit == 0 || len(*kept) < s.limit {
		*kept = append(*kept, t)
	}
	return nil
}

// shown are the first targets, those with a problem before the others.
func (s *selection) shown() []jetsheet.Target {
	all := append(append([]jetsheet.Target{}, s.broken...), s.sound...)
	if s.limit > 0 && len(all) > s.limit {
		all = all[:s.limit]
	}
	return all
}

// none says why there is nothing to show.
func (s *selection) none() string {
	if s.total == 0 {
		return "no targets: the targets query gives no row at this tick"
	}
	return fmt.Sprintf("none of %s has this tenant and target; without --tenant and --target they are listed", counted(int64(s.total), "target"))
}
