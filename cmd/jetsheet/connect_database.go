package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jetsheet/jetsheet/internal/report/query"
)

// openDatabase returns a pool of read-only sessions, for query.New. The caller closes
// it. A client command's has been asked once; see connect.go for roles.
func (a *app) openDatabase(ctx context.Context, settings *databaseSettings, role string) (*pgxpool.Pool, error) {
	if settings.URL == "" && !a.hasPostgresVariables() {
		return nil, unreachableError("no database is set: set %s (or DATABASE_URL, or PGHOST, PGDATABASE and PGUSER)", variableName("database-url"))
	}
	config, err := pgxpool.ParseConfig(settings.URL)
	if err != nil {
		// Its text quotes the URL, and what it hides in it depends on the mistake.
		return nil, unreachableError("%s: not a PostgreSQL connection URL: postgres://USER:PASSWORD@HOST:5432/DATABASE, with special characters in the password percent-encoded", a.databaseSource(settings))
	}
	query.Configure(config)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, unreachableError("database %s: %s", a.databasePlace(settings, config), databaseReason(err))
	}
	if err := a.checkDatabase(ctx, pool, role); err != nil {
		pool.Close()
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, unreachableError("database %s: %s", a.databasePlace(settings, config), databaseReason(err))
	}
	return pool, nil
}

// checkDatabase asks the server once. A role goes on without an answer.
func (a *app) checkDatabase(ctx context.Context, pool *pgxpool.Pool, role string) error {
	limited, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	err := pool.Ping(limited)
	if err == nil || role == clientCommand || ctx.Err() != nil || databaseRefuses(err) {
		return err
	}
	a.log.WarnContext(ctx, "database does not answer yet", slog.String("err", databaseReason(err)))
	return nil
}

// databaseRefuses tells whether the server answered and waiting does not help: the
// password is wrong (class 28) or the database is not there (3D).
func databaseRefuses(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && (strings.HasPrefix(refused.Code, "28") || strings.HasPrefix(refused.Code, "3D"))
}

// databaseReason is what the server or the network says, without the connection
// settings.
func databaseReason(err error) string {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		text := fmt.Sprintf("%s (%s)", refused.Message, refused.Code)
		if strings.HasPrefix(refused.Code, "3D") {
			text += ": create it with the application's own migrations, or correct the setting"
		}
		return text
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("no answer within %s", connectLimit)
	}
	return reason(err)
}

// hasPostgresVariables tells whether libpq's variables name a server.
func (a *app) hasPostgresVariables() bool {
	for _, name := range []string{"PGHOST", "PGSERVICE", "PGDATABASE", "PGUSER", "PGPORT"} {
		if a.env[name] != "" {
			return true
		}
	}
	return false
}

func (a *app) databaseSource(settings *databaseSettings) string {
	if settings.URL == "" {
		return "variables PG*"
	}
	return a.settings.describe("database-url")
}

func (a *app) databasePlace(settings *databaseSettings, config *pgxpool.Config) string {
	conn := config.ConnConfig
	return fmt.Sprintf("%s on %s:%d (%s)", conn.Database, conn.Host, conn.Port, a.databaseSource(settings))
}
