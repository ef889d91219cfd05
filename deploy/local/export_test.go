package local

import "context"

// StartSurvivingPostgres starts a server that is not told of its owner's death, as on systems whose kernel cannot tell it.
func StartSurvivingPostgres(ctx context.Context, o PostgresOptions) (*Postgres, error) {
	o.surviving = true
	return StartPostgres(ctx, o)
}

// StartPostgresFrom starts a server from the programs in dir alone.
func StartPostgresFrom(ctx context.Context, dir string) (*Postgres, error) {
	return StartPostgres(ctx, PostgresOptions{binaries: dir})
}
