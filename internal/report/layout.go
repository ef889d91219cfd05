package report

import "slices"

// DefaultBanding fills every second row of a sheet with `banding: true`.
const DefaultBanding = "F2F2F2"

// Total is what the row of totals shows of a column.
type Total string

// The totals. What a filter hides is not counted.
const (
	TotalNone    Total = ""
	TotalSum     Total = "sum"
	TotalAverage Total = "average"
	// TotalCount counts the cells that are not empty.
	TotalCount Total = "count"
	TotalMin   Total = "min"
	TotalMax   Total = "max"
)

// Totals lists the totals that a column may have.
func Totals() []Total { return []Total{TotalSum, TotalAverage, TotalCount, TotalMin, TotalMax} }

// Action is something a protected sheet may allow all the same.
type Action string

// The actions.
const (
	ActionFilter        Action = "filter"
	ActionFormatCells   Action = "formatCells"
	ActionFormatColumns Action = "formatColumns"
	ActionFormatRows    Action = "formatRows"
)

// Actions lists what a protected sheet may allow.
func Actions() []Action {
	return []Action{ActionFilter, ActionFormatCells, ActionFormatColumns, ActionFormatRows}
}

// Protection locks the cells of a sheet against changes by mistake. It has no password:
// a definition is no place for a secret, and a sheet's password keeps nobody out.
type Protection struct {
	// Allow are the actions that stay possible; none by default.
	Allow []Action
}

// Properties are what the document says of itself. A zero pattern is left out.
type Properties struct {
	// Title is the report's title where the file gives none.
	Title Pattern
	// Creator is "jetsheet" where the file gives none.
	Creator     Pattern
	Subject     Pattern
	Keywords    Pattern
	Description Pattern
}

func (s section) properties(title string) Properties {
	properties := Properties{Title: plainText(title), Creator: plainText("jetsheet")}
	if !s.has("properties") {
		return properties
	}
	sub := s.sub("properties", "title", "creator", "subject", "keywords", "description")
	for key, to := range map[string]*Pattern{
		"title": &properties.Title, "creator": &properties.Creator, "subject": &properties.Subject,
		"keywords": &properties.Keywords, "description": &properties.Description,
	} {
		if sub.has(key) {
			*to = sub.pattern(key)
		}
	}
	return properties
}

// banding is a colour, or true for one that suits most.
func (s section) banding() string {
	if !s.has("banding") {
		return ""
	}
	if on, ok := s.flag("banding"); ok {
		if on {
			return DefaultBanding
		}
		return ""
	}
	text, ok := s.r.scalar(s.values["banding"], s.child("banding"))
	color, isColor := colorOf(text)
	if ok && !isColor {
		s.problem("banding", `%s must be true, false or a colour of six hex digits as in "DDEBF7", not %q`, s.child("banding"), text)
	}
	return color
}

func (s section) protection() *Protection {
	if !s.has("protect") {
		return nil
	}
	if on, ok := s.flag("protect"); ok {
		if on {
			return &Protection{}
		}
		return nil
	}
	if _, ok := s.values["protect"].(*mapping); !ok {
		s.r.wrongKind(s.values["protect"], s.child("protect"), "true, false, or a map of allow")
		return nil
	}
	return &Protection{Allow: s.sub("protect", "allow").allowed()}
}

func (s section) allowed() []Action {
	var allow []Action
	elements, keys := s.list("allow")
	for _, at := range keys {
		action := word(elements, at, "", Actions()...)
		if action != "" && slices.Contains(allow, action) {
			elements.problem(at, "%s stands twice in %s", action, s.child("allow"))
		}
		allow = append(allow, action)
	}
	return allow
}
