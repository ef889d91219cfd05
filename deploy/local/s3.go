package local

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/johannesboyne/gofakes3"
)

// S3Options says how the S3 server in this process runs. Dir is required.
type S3Options struct {
	// Dir is the root: the object KEY of bucket BUCKET is the file Dir/BUCKET/KEY, complete whenever it is there. What
	// is no object lies in Dir/.jetsheet-s3. The directory is made if missing and belongs to one server at a time.
	Dir string
	// Addr is where to listen; empty means a free port of 127.0.0.1.
	Addr string
	// Durable syncs every object to the disk before it is acknowledged.
	Durable bool
	// AccessKey and SecretKey are the credentials; empty means random ones. The server checks that a request was made
	// with the access key, not its signature.
	AccessKey, SecretKey string
	// Log receives what went wrong inside the server; nil means nothing is logged.
	Log *slog.Logger
}

// S3 is a running S3 server in this process, for one user's demo and tests: it implements what jetsheet relies on, with
// S3's own conditions and checksums, and no versions, ACLs or lifecycle. Names that differ only in case are one object on
// file systems that think so. Its methods may be called concurrently.
type S3 struct {
	endpoint  string
	keys      aws.Credentials
	store     *objectStore
	http      *http.Server
	transport *http.Transport
	serving   sync.WaitGroup // requests and the accept loop
	close     sync.Once
	closed    error
}

const s3Region = "us-east-1"

// StartS3 starts a server and returns when it accepts requests.
func StartS3(o S3Options) (*S3, error) {
	if o.Dir == "" {
		return nil, errors.New("start the s3 server: no directory given")
	}
	store, err := openObjectStore(o.Dir, o.Durable)
	if err != nil {
		return nil, fmt.Errorf("start the s3 server: %w", err)
	}
	addr := o.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
	if err != nil {
		store.close()
		return nil, fmt.Errorf("start the s3 server: %w", err)
	}
	s := &S3{
		endpoint: "http://" + listener.Addr().String(),
		keys:     aws.Credentials{AccessKeyID: o.AccessKey, SecretAccessKey: o.SecretKey, Source: "local"},
		store:    store,
		// One process talks to this server with many workers: as many idle connections as it likes, and no proxy.
		transport: &http.Transport{MaxIdleConns: 256, MaxIdleConnsPerHost: 256, IdleConnTimeout: time.Minute},
	}
	if s.keys.AccessKeyID == "" {
		s.keys.AccessKeyID, s.keys.SecretAccessKey = rand.Text(), rand.Text()
	}
	s.serve(listener, o.Log)
	return s, nil
}

func (s *S3) serve(listener net.Listener, log *slog.Logger) {
	protocol := gofakes3.New(s.store, gofakes3.WithMetadataSizeLimit(0), gofakes3.WithLogger(s3Log{log}))
	handler := &s3Handler{next: protocol.Server(), accessKey: s.keys.AccessKeyID, store: s.store}
	s.http = &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(discardUnless(log), slog.LevelWarn),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.serving.Add(1)
			defer s.serving.Done()
			handler.ServeHTTP(w, r)
		}),
	}
	s.serving.Add(1)
	go func() {
		defer s.serving.Done()
		_ = s.http.Serve(listener) // always an error, http.ErrServerClosed
	}()
}

// Endpoint returns the server's address, as http://127.0.0.1:9000.
func (s *S3) Endpoint() string { return s.endpoint }

// Credentials returns what a child process needs besides Endpoint to use the server.
func (s *S3) Credentials() (accessKey, secretKey string) {
	return s.keys.AccessKeyID, s.keys.SecretAccessKey
}

// Client returns a client for this server. It reads nothing of the environment or of AWS's files. It ends with Close.
func (s *S3) Client() *s3.Client {
	return s3.New(s3.Options{
		Region: s3Region, BaseEndpoint: aws.String(s.endpoint), UsePathStyle: true,
		Credentials: credentials.StaticCredentialsProvider{Value: s.keys},
		HTTPClient:  &http.Client{Transport: s.transport},
		// As a client has it that is made from AWS's configuration.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
	})
}

// CreateBucket makes a bucket; one that exists is no error.
func (s *S3) CreateBucket(ctx context.Context, bucket string) error {
	_, err := s.Client().CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket})
	var exists *types.BucketAlreadyExists
	if err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("create bucket %s: %w", bucket, err)
	}
	return nil
}

// Path returns the file that the object is or would be.
func (s *S3) Path(bucket, key string) string {
	return filepath.Join(s.store.root, bucket, filepath.FromSlash(key))
}

// Close stops accepting, gives running requests two seconds, cuts the rest and waits for them. A second Close returns
// what the first did.
func (s *S3) Close() error {
	s.close.Do(func() {
		grace, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		s.transport.CloseIdleConnections()
		if err := s.http.Shutdown(grace); err != nil {
			s.closed = s.http.Close()
		}
		s.serving.Wait()
		s.store.close()
	})
	return s.closed
}

// s3Log passes the protocol library's errors on.
type s3Log struct{ log *slog.Logger }

// Print implements gofakes3.Logger. The library tells every request at its info level; that is left out.
func (l s3Log) Print(level gofakes3.LogLevel, v ...any) {
	if l.log != nil && level == gofakes3.LogErr {
		l.log.LogAttrs(context.Background(), slog.LevelWarn, "s3 server", slog.String("err", fmt.Sprint(v...)))
	}
}

func discardUnless(log *slog.Logger) slog.Handler {
	if log == nil {
		return slog.DiscardHandler
	}
	return log.Handler()
}

// copyPooled copies with a buffer of the pool: one of 32 KiB per small object would be most of what the server allocates.
func copyPooled(pool *sync.Pool, to io.Writer, from io.Reader) (int64, error) {
	buffer, ok := pool.Get().(*[]byte)
	if !ok {
		b := make([]byte, 64<<10)
		buffer = &b
	}
	defer pool.Put(buffer)
	return io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, *buffer)
}
