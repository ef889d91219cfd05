package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/flags"
	"github.com/jetsheet/jetsheet/internal/report/query"
)

// rig is everything around the roles: PostgreSQL with a database, the second process,
// and the samples of this one.
type rig struct {
	b        *bench
	postgres *local.Postgres
	pool     *pgxpool.Pool
	tick     time.Time
	child    *child
	samples  *sampler
}

// newRig starts PostgreSQL and fills the database. The caller closes the rig.
func newRig(ctx context.Context, b *bench, holds content) (_ *rig, err error) {
	r := &rig{b: b}
	defer func() { //nolint:contextcheck // it must close whatever became of ctx
		if err != nil {
			err = errors.Join(err, r.close())
		}
	}()
	if r.samples, err = startSampler(ctx); err != nil {
		return r, err
	}
	b.say("starting PostgreSQL")
	if r.postgres, err = local.StartPostgres(ctx, local.PostgresOptions{}); err != nil {
		return r, err
	}
	r.tick = holds.tick(time.Now())
	b.say("filling the database: %s", holds)
	url, err := holds.database(ctx, r.postgres, r.tick)
	if err != nil {
		return r, err
	}
	r.pool, err = openPool(ctx, url)
	return r, err
}

// serve starts fresh servers in the second process, in place of those before, and sets
// them up.
func (r *rig) serve(ctx context.Context, syncAlways bool) error {
	err := r.endChild()
	if err != nil {
		return err
	}
	if r.child, err = startChild(ctx, syncAlways); err != nil {
		return err
	}
	conn, js, err := r.connect(nil)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := deploy.Provision(ctx, js, jetsheet.NewTopology(jetsheet.TopologyOptions{}), false); err != nil {
		return err
	}
	ledger, err := flags.OpenLedger(ctx, js)
	if err != nil {
		return err
	}
	_, err = flags.Init(ctx, ledger, flags.InitialDocument(jetsheet.RouteNew))
	return err
}

// connect opens a connection as the roles have it; traffic, if given, counts what
// passes.
func (r *rig) connect(traffic *traffic) (*nats.Conn, jetstream.JetStream, error) {
	options := []nats.Option{nats.Name("jetsheet bench"), nats.MaxReconnects(-1)}
	if traffic != nil {
		options = append(options, nats.SetCustomDialer(traffic))
	}
	conn, err := nats.Connect(r.child.NATS, options...)
	if err != nil {
		return nil, nil, fmt.Errorf("connect to %s: %w", r.child.NATS, err)
	}
	js, err := jetstream.New(conn)
	if err != nil {
		conn.Close()
		return nil, nil, fmt.Errorf("JetStream: %w", err)
	}
	return conn, js, nil
}

// s3Client returns a client of the second process's S3 with the transport that the SDK
// has by default.
func (r *rig) s3Client(traffic *traffic) *s3.Client {
	transport := &http.Transport{MaxIdleConns: 100, MaxIdleConnsPerHost: 10, IdleConnTimeout: 90 * time.Second}
	client := &http.Client{Transport: transport}
	if traffic != nil {
		client.Transport = traffic.wrap(transport)
	}
	return s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(r.child.S3), UsePathStyle: true, HTTPClient: client,
		Credentials: credentials.NewStaticCredentialsProvider(r.child.AccessKey, r.child.SecretKey, ""),
	})
}

// parts are the connections of the roles; the returned function closes them.
func (r *rig) parts(traffic *traffic) (parts, func(), error) {
	conn, js, err := r.connect(traffic)
	if err != nil {
		return parts{}, nil, err
	}
	return parts{js: js, database: query.New(r.pool), s3: r.s3Client(traffic), log: r.b.log}, conn.Close, nil
}

func (r *rig) endChild() error {
	if r.child == nil {
		return nil
	}
	err := r.child.close()
	r.child = nil
	return err
}

// close ends everything and removes its data.
func (r *rig) close() error {
	err := r.endChild()
	if r.pool != nil {
		r.pool.Close()
	}
	if r.postgres != nil {
		err = errors.Join(err, r.postgres.Close())
	}
	if r.samples != nil {
		r.samples.close()
	}
	return err
}
