// Package local starts the parts that jetsheet works with, PostgreSQL, NATS and S3, on this machine and from
// Go code alone: for the demo, for tests and benchmarks, and for `jetsheet up --local`.
//
//	StartPostgres  a server process of its own     installed binaries, or a portable build
//	StartNATS      nats-server inside this process JetStream in a directory
//	StartS3        an S3 server inside this process every object is a plain file
//
// Each Start returns something that is ready to be used, or an error and nothing left behind. Each has a Close
// or Shutdown that waits until everything it started is gone and may be called twice. What is left by a process
// that could not call it (kill -9, power loss) is removed by the next start of the same user.
//
// Nothing here reads DATABASE_URL, NATS_URL, NATS contexts or AWS_*: a demo must never reach a real system. An
// existing PostgreSQL server is used only if it is named by PostgresOptions.ExistingURL.
//
// Tests use package localtest, which wraps these parts for a testing.TB.
package local
