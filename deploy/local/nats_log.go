package local

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
)

// natsLog passes the server's log on to slog and remembers what it complained of while starting, for StartNATS's error.
type natsLog struct {
	log    *slog.Logger // nil: dropped
	lowest slog.Level

	mu      sync.Mutex
	running bool
	fatal   bool
	early   []string
}

func (l *natsLog) started() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running, l.early = true, nil
}

// complaints returns what was logged so far at warning level or above, on lines of its own.
func (l *natsLog) complaints() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(append([]string{""}, l.early...), "\n")
}

func (l *natsLog) write(level slog.Level, format string, values []any) {
	if level >= slog.LevelWarn {
		l.mu.Lock()
		if !l.running && len(l.early) < 20 {
			l.early = append(l.early, fmt.Sprintf(format, values...))
		}
		l.mu.Unlock()
	}
	if l.log != nil && level >= l.lowest {
		l.log.LogAttrs(context.Background(), level, "nats-server", slog.String("text", fmt.Sprintf(format, values...)))
	}
}

// Noticef implements server.Logger.
func (l *natsLog) Noticef(format string, v ...any) { l.write(slog.LevelInfo, format, v) }

// Warnf implements server.Logger.
func (l *natsLog) Warnf(format string, v ...any) { l.write(slog.LevelWarn, format, v) }

// Errorf implements server.Logger.
func (l *natsLog) Errorf(format string, v ...any) { l.write(slog.LevelError, format, v) }

// Fatalf implements server.Logger. The server expects not to return from it; here only StartNATS ends.
func (l *natsLog) Fatalf(format string, v ...any) {
	l.write(slog.LevelError, format, v)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fatal = true
}

func (l *natsLog) gaveUp() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fatal
}

// Debugf implements server.Logger.
func (l *natsLog) Debugf(format string, v ...any) { l.write(slog.LevelDebug, format, v) }

// Tracef implements server.Logger.
func (l *natsLog) Tracef(format string, v ...any) { l.write(slog.LevelDebug, format, v) }
