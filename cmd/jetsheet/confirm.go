package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// confirm asks before something that cannot be taken back. With force, or after yes,
// it returns nil. Where nobody can be asked, it is a usage error that names --force.
func (a *app) confirm(ctx context.Context, question string, force bool) error {
	if force {
		return nil
	}
	input, ok := a.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(input.Fd())) {
		return usageError("nobody can be asked here: give --force to go on")
	}
	return askYes(ctx, a.stdin, a.stderr, question)
}

// askYes asks and waits for a line, or for the end of ctx.
func askYes(ctx context.Context, r io.Reader, w io.Writer, question string) error {
	if _, err := fmt.Fprintf(w, "%s [y/N] ", printable(question)); err != nil {
		return err
	}
	answer := make(chan string, 1)
	// A terminal's read has no deadline: after an interrupt this goroutine ends with
	// the process.
	go func() {
		line, err := bufio.NewReader(r).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			line = ""
		}
		answer <- line
	}()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case line := <-answer:
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "y", "yes":
			return nil
		}
		return errors.New("not confirmed: nothing is changed")
	}
}
