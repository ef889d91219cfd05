package provider

import (
	"context"
	"errors"
)

// Source is where a document comes from: [KV] or [File].
type Source interface {
	// Run tells news until ctx ends and then returns. It goes on after every problem.
	// The first news come soon, whatever they are; the same document may be told
	// again. tell is called by one goroutine at a time, may take as long as it takes
	// to read a document, and must not be called after Run has returned.
	Run(ctx context.Context, tell func(News))
}

// News is what a source has found.
type News struct {
	// Document is the newest document. It is not changed afterwards.
	Document []byte
	// Version names the document for people, as "revision 17".
	Version string
	// Problem is why there is no document to be had, and wraps [ErrMissing] or
	// [ErrUnreachable]; the other fields are then zero.
	Problem error
}

// What a [News.Problem] wraps.
var (
	// ErrMissing: the source says that there is no document.
	ErrMissing = errors.New("there is no flag document")
	// ErrUnreachable: it is not known whether the last document is still the newest.
	ErrUnreachable = errors.New("flag documents cannot be reached")
)
