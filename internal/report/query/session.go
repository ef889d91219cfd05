package query

import (
	"container/list"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// mostPlans is how many statements stay prepared on one connection; each holds
// some 10 to 100 KB in the server.
const mostPlans = 256

// sessionKey is where a connection carries its session.
const sessionKey = "jetsheet/query"

// session is what one connection has prepared. It lives as long as the
// connection and is used by whoever has acquired that.
type session struct {
	conn       *pgconn.PgConn
	generation int64
	// begin, settings and commit are the names of the statements around the
	// report's, empty when they are not prepared.
	begin, settings, commit string
	plans                   map[string]*list.Element
	recent                  *list.List // of *prepared, the latest used first
	// closing are the names of forgotten statements; the next exchange tells
	// the server.
	closing []string
	last    int // number of the last name given out
}

type prepared struct {
	sql  string
	plan *plan
}

// sessionOf finds or makes the session of an acquired connection. What it
// prepared in an older generation is forgotten.
func sessionOf(conn *pgxpool.Conn, generation int64) *session {
	pg := conn.Conn().PgConn()
	s, ok := pg.CustomData()[sessionKey].(*session)
	if !ok {
		s = &session{conn: pg, generation: generation, plans: map[string]*list.Element{}, recent: list.New()}
		pg.CustomData()[sessionKey] = s
	}
	if s.generation != generation {
		s.generation = generation
		s.forget(0)
		if s.begin != "" {
			s.closing = append(s.closing, s.begin, s.settings, s.commit)
			s.begin, s.settings, s.commit = "", "", ""
		}
	}
	return s
}

// find is the plan of a statement, nil when it is not prepared.
func (s *session) find(sql string) *plan {
	element, ok := s.plans[sql]
	if !ok {
		return nil
	}
	s.recent.MoveToFront(element)
	return preparedIn(element).plan
}

func (s *session) keep(sql string, p *plan) {
	s.plans[sql] = s.recent.PushFront(&prepared{sql: sql, plan: p})
	s.forget(mostPlans)
}

// forget leaves the statements used last, as many as most.
func (s *session) forget(most int) {
	for len(s.plans) > most {
		p := preparedIn(s.recent.Back())
		s.recent.Remove(s.recent.Back())
		delete(s.plans, p.sql)
		s.closing = append(s.closing, p.plan.description.Name)
	}
}

func preparedIn(element *list.Element) *prepared {
	p, ok := element.Value.(*prepared)
	if !ok {
		panic("the list of prepared statements holds something else")
	}
	return p
}

// newName is a name that no statement of this connection ever had.
func (s *session) newName() string {
	s.last++
	return "jetsheet_" + strconv.Itoa(s.last)
}
