package local

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Template is what a database starts with. The zero value is an empty database.
type Template struct {
	// Key names the content: equal keys mean equal content, on an existing server also between programs and over
	// time. Put a hash of what Build runs into it (SQLTemplate does).
	Key string
	// Build fills the empty database at url. It is called once per server and key, and must have closed its
	// connections when it returns.
	Build func(ctx context.Context, url string) error
}

// SQLTemplate is a template made by running a script of SQL statements.
func SQLTemplate(script string) Template {
	sum := sha256.Sum256([]byte(script))
	return Template{Key: "sql-" + hex.EncodeToString(sum[:]), Build: func(ctx context.Context, url string) error {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		_, err = conn.PgConn().Exec(ctx, script).ReadAll()
		return errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
	}}
}

// TestPrefix starts the names of databases that Database names itself; what a killed process left of them on an
// existing server is dropped after a day.
const TestPrefix = "jetsheet_test_"

// Database makes a database from a template and returns its URL. One of that name that exists is returned as it is.
// An empty name means a new one that nobody else uses. The first database of a template costs what its Build costs,
// each further one a fraction of a second.
func (p *Postgres) Database(ctx context.Context, name string, t Template) (string, error) {
	if name == "" {
		name = TestPrefix + strconv.FormatInt(time.Now().Unix(), 36) + "_" + strings.ToLower(rand.Text()[:12])
	} else if exists, err := p.exists(ctx, name); err != nil || exists {
		return p.URL(name), err
	}
	source := "template0"
	if t.Build != nil {
		var err error
		if source, err = p.template(ctx, t); err != nil {
			return "", err
		}
	}
	if err := p.create(ctx, name, source); err != nil {
		return "", err
	}
	return p.URL(name), nil
}

func (p *Postgres) exists(ctx context.Context, name string) (bool, error) {
	var exists bool
	err := p.admin.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", name).Scan(&exists)
	if err != nil {
		return false, fmt.Errorf("look for database %s: %w", name, err)
	}
	return exists, nil
}

func (p *Postgres) create(ctx context.Context, name, source string) error {
	target := pgx.Identifier{name}.Sanitize()
	_, err := p.admin.Exec(ctx, "create database "+target+" template "+pgx.Identifier{source}.Sanitize()+" encoding 'UTF8'")
	if err != nil {
		return fmt.Errorf("create database %s from %s: %w", name, source, err)
	}
	if p.shared { // our own server's configuration says so
		if _, err := p.admin.Exec(ctx, "alter database "+target+" set timezone to 'UTC'"); err != nil {
			return fmt.Errorf("set the time zone of database %s: %w", name, err)
		}
	}
	return nil
}

// Drop removes a database and cuts its connections; one that does not exist is no error.
func (p *Postgres) Drop(ctx context.Context, name string) error {
	if _, err := p.admin.Exec(ctx, "drop database if exists "+pgx.Identifier{name}.Sanitize()+" with (force)"); err != nil {
		return fmt.Errorf("drop database %s: %w", name, err)
	}
	return nil
}

// template returns the name of the database that holds the template, building it if this server has none.
func (p *Postgres) template(ctx context.Context, t Template) (string, error) {
	sum := sha256.Sum256([]byte(t.Key))
	name := "jetsheet_template_" + hex.EncodeToString(sum[:8])
	p.mu.Lock()
	ready := p.ready[name]
	p.mu.Unlock()
	if ready {
		return name, nil
	}
	// The lock belongs to a session: one connection of our own, and nobody waits for the pool while building.
	conn, err := pgx.Connect(ctx, p.base.String())
	if err != nil {
		return "", fmt.Errorf("connect to build template %s: %w", t.Key, err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", int64(binary.BigEndian.Uint64(sum[:]))); err != nil {
		return "", fmt.Errorf("wait to build template %s: %w", t.Key, err)
	}
	if err := p.buildTemplate(ctx, name, t); err != nil {
		return "", fmt.Errorf("build template %s: %w", t.Key, err)
	}
	p.mu.Lock()
	p.ready[name] = true
	p.mu.Unlock()
	return name, nil
}

// buildTemplate makes the template database unless a finished one exists. It is marked as a template last, so one
// without the mark was being built by somebody who died.
func (p *Postgres) buildTemplate(ctx context.Context, name string, t Template) error {
	var finished bool
	err := p.admin.QueryRow(ctx, "select datistemplate from pg_database where datname = $1", name).Scan(&finished)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
	case err != nil:
		return err
	case finished:
		return nil
	default:
		if err := p.Drop(ctx, name); err != nil {
			return err
		}
	}
	if err := p.create(ctx, name, "template0"); err != nil {
		return err
	}
	if err := t.Build(ctx, p.URL(name)); err != nil {
		return errors.Join(err, p.Drop(context.WithoutCancel(ctx), name))
	}
	// A database cannot be copied while somebody is connected to it.
	_, err = p.admin.Exec(ctx, "alter database "+pgx.Identifier{name}.Sanitize()+" with is_template true allow_connections false")
	return err
}

// dropStale removes from an existing server the test databases that killed processes left.
func (p *Postgres) dropStale(ctx context.Context, olderThan time.Time) error {
	rows, err := p.admin.Query(ctx, `select datname from pg_database d where starts_with(datname, $1)
		and not exists (select from pg_stat_activity a where a.datid = d.oid)`, TestPrefix)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		made, _, ok := strings.Cut(strings.TrimPrefix(name, TestPrefix), "_")
		seconds, err := strconv.ParseInt(made, 36, 64)
		if !ok || err != nil || time.Unix(seconds, 0).After(olderThan) {
			continue
		}
		var refused *pgconn.PgError
		if err := p.Drop(ctx, name); err != nil && !errors.As(err, &refused) { // another user's, or just gone
			return err
		}
	}
	return nil
}
