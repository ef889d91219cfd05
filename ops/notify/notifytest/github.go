package notifytest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Repository is the one that a [GitHub] has, below any path.
const Repository = "o/r"

// issuesPath is where its issues are.
const issuesPath = "/repos/" + Repository + "/issues"

// issuesPage is how many issues are listed at a time.
const issuesPage = 100

// GitHub keeps the issues of one repository. Make it with [NewGitHub].
type GitHub struct {
	token string
	mux   *http.ServeMux

	mu     sync.Mutex
	issues []*Issue
	calls  []string
	// cutAfter is the method whose next call is not answered; "" is none.
	cutAfter string
}

// Issue is an issue, or what else is listed among them.
type Issue struct {
	Number int    `json:"number"`
	Title  string `json:"title"`
	Body   string `json:"body"`
	State  string `json:"state"` // open or closed
	// Pull is set for what is no issue.
	Pull     json.RawMessage `json:"pull_request,omitempty"`
	Comments []Comment       `json:"-"`
	// Gone is set when somebody has deleted it.
	Gone bool `json:"-"`
}

// Comment is one on an issue.
type Comment struct {
	Body string `json:"body"`
}

// NewGitHub returns one without issues that answers who brings the token.
func NewGitHub(token string) *GitHub {
	g := &GitHub{token: token, mux: http.NewServeMux()}
	g.mux.HandleFunc("GET "+issuesPath, g.list)
	g.mux.HandleFunc("POST "+issuesPath, g.open)
	g.mux.HandleFunc("PATCH "+issuesPath+"/{n}", g.patch)
	g.mux.HandleFunc("GET "+issuesPath+"/{n}/comments", g.comments)
	g.mux.HandleFunc("POST "+issuesPath+"/{n}/comments", g.comment)
	return g
}

// ServeHTTP implements [http.Handler].
func (g *GitHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	prefix, of, _ := strings.Cut(r.URL.Path, issuesPath)
	g.calls = append(g.calls, r.Method+" "+of)
	if r.Header.Get("Authorization") != "Bearer "+g.token {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	http.StripPrefix(prefix, g.mux).ServeHTTP(w, r)
	if r.Method == g.cutAfter {
		g.cutAfter = ""
		panic(http.ErrAbortHandler)
	}
}

// CutAfter has the next call of a method carried out and its connection cut then, so that
// nobody hears of it.
func (g *GitHub) CutAfter(method string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cutAfter = method
}

// Add adds an issue with the next number. One without a state is open.
func (g *GitHub) Add(i Issue) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.add(&i)
}

func (g *GitHub) add(i *Issue) {
	i.Number = len(g.issues) + 1
	if i.State == "" {
		i.State = "open"
	}
	g.issues = append(g.issues, i)
}

// Delete deletes an issue, as a person can.
func (g *GitHub) Delete(number int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.issues[number-1].Gone = true
}

// Issues returns all issues by their numbers, the deleted ones too.
func (g *GitHub) Issues() []Issue {
	g.mu.Lock()
	defer g.mu.Unlock()
	issues := make([]Issue, len(g.issues))
	for n, i := range g.issues {
		issues[n] = *i
		issues[n].Comments = slices.Clone(i.Comments)
	}
	return issues
}

// Calls returns what was asked, such as "POST /17/comments".
func (g *GitHub) Calls() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.calls)
}

func (g *GitHub) list(w http.ResponseWriter, r *http.Request) {
	page, err := strconv.Atoi(r.FormValue("page"))
	if err != nil || page < 1 {
		page = 1
	}
	state := r.FormValue("state")
	listed := slices.DeleteFunc(slices.Clone(g.issues), func(i *Issue) bool { return i.Gone || state != "all" && i.State != state })
	from := min(len(listed), (page-1)*issuesPage)
	answer(w, http.StatusOK, listed[from:min(len(listed), from+issuesPage)])
}

func (g *GitHub) open(w http.ResponseWriter, r *http.Request) {
	i := &Issue{}
	if read(w, r, i) {
		g.add(i)
		answer(w, http.StatusCreated, i)
	}
}

func (g *GitHub) patch(w http.ResponseWriter, r *http.Request) {
	if i := g.issue(w, r); i != nil && read(w, r, i) {
		answer(w, http.StatusOK, i)
	}
}

func (g *GitHub) comments(w http.ResponseWriter, r *http.Request) {
	if i := g.issue(w, r); i != nil {
		answer(w, http.StatusOK, append([]Comment{}, i.Comments...))
	}
}

func (g *GitHub) comment(w http.ResponseWriter, r *http.Request) {
	var c Comment
	if i := g.issue(w, r); i != nil && read(w, r, &c) {
		i.Comments = append(i.Comments, c)
		answer(w, http.StatusCreated, c)
	}
}

// issue finds the issue of a request; it answers 410 for one that was deleted.
func (g *GitHub) issue(w http.ResponseWriter, r *http.Request) *Issue {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 1 || n > len(g.issues) || g.issues[n-1].Gone {
		w.WriteHeader(http.StatusGone)
		return nil
	}
	return g.issues[n-1]
}

// read reads a request's body into a value, or refuses it.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		http.Error(w, "Problems parsing JSON", http.StatusBadRequest)
		return false
	}
	return true
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // who asked may have gone
}
