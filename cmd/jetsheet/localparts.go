package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/internal/report/query"
)

// localBucket is the bucket of a local installation; its folder holds the workbooks.
const localBucket = "workbooks"

// localParts are NATS and S3 in this process. Nothing here reads the variables that
// name real systems.
type localParts struct {
	nats *local.NATS
	s3   *local.S3
	conn *nats.Conn
	js   jetstream.JetStream
}

// localOptions say what a local installation is for.
type localOptions struct {
	// dir holds everything; workbooks lie in dir/workbooks.
	dir string
	// natsAddr and s3Addr are where to listen; an empty natsAddr means only this
	// process can connect.
	natsAddr, s3Addr string
	// durable keeps what was acknowledged over a crash of the machine.
	durable              bool
	accessKey, secretKey string
	log                  *slog.Logger
}

// startLocal starts NATS and S3. The caller closes them.
func startLocal(ctx context.Context, o localOptions) (_ *localParts, err error) {
	p := &localParts{}
	defer func() { //nolint:contextcheck // closing goes on after ctx
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	if p.nats, err = local.StartNATS(local.NATSOptions{
		Dir: filepath.Join(o.dir, ".nats"), Addr: o.natsAddr, SyncAlways: o.durable, Log: o.log, LogLevel: slog.LevelWarn,
	}); err != nil {
		return p, err
	}
	if p.conn, err = p.nats.Connect(nats.Name("jetsheet"), nats.MaxReconnects(-1)); err != nil {
		return p, err
	}
	if p.js, err = jetstream.New(p.conn); err != nil {
		return p, fmt.Errorf("JetStream: %w", err)
	}
	s3 := local.S3Options{Dir: o.dir, Addr: o.s3Addr, Durable: o.durable, AccessKey: o.accessKey, SecretKey: o.secretKey, Log: o.log}
	if p.s3, err = local.StartS3(s3); err != nil { //nolint:contextcheck // it listens for longer than the call
		return p, err
	}
	return p, p.s3.CreateBucket(ctx, localBucket)
}

// parts are the connections for roles; pool is of the database with the records.
func (p *localParts) parts(pool *pgxpool.Pool) parts {
	return parts{js: p.js, database: query.New(pool), s3: p.s3.Client(), bucket: localBucket}
}

func (p *localParts) close() error {
	if p.conn != nil {
		p.conn.Close()
	}
	var err error
	if p.s3 != nil {
		err = p.s3.Close()
	}
	if p.nats != nil {
		p.nats.Shutdown()
	}
	return err
}
