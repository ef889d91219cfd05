package flags

import (
	"encoding/json"
	"slices"
	"strconv"
)

// plainStrangers are how many tenants stand for all that no document names: a rule that
// gives one in a hundred another route is as good as certain to be seen.
const plainStrangers = 1_000

// nobody is in no id: ids have no control characters.
const nobody = "\x00"

// strangers are ids that stand for tenants whom nobody has named. Plain ones are like
// nobody that a rule speaks of.
func strangers() []string {
	ids := make([]string, plainStrangers)
	for i := range ids {
		ids[i] = nobody + strconv.Itoa(i)
	}
	return ids
}

// maxPairs bounds how many words are tried as both ends of an id.
const maxPairs = 64

// kin are strangers whose ids look like what the rules of documents speak of, by beginning,
// end or middle, or by number: starts_with "eu-" decides for "eu-" and anything.
func kin(documents ...*Document) []string {
	var w ruleWords
	for _, d := range documents {
		top, _, flag := d.parts()
		w.read(top["$evaluators"])
		w.read(flag["targeting"])
	}
	w.words = sortedOnce(w.words)
	ids := slices.Concat(w.ids, w.words)
	for _, word := range w.words {
		ids = append(ids, word+nobody, nobody+word)
	}
	ends := w.words[:min(len(w.words), maxPairs)]
	for _, begin := range ends {
		for _, end := range ends {
			ids = append(ids, begin+nobody+end)
		}
	}
	for _, n := range w.numbers {
		for _, near := range []float64{n - 1, n, n + 1} {
			ids = append(ids, strconv.FormatFloat(near, 'f', -1, 64))
		}
	}
	return sortedOnce(ids)
}

func sortedOnce(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// ruleWords are what is written out in rules: ids in lists of texts, and the other texts
// and numbers.
type ruleWords struct {
	ids, words []string
	numbers    []float64
}

func (w *ruleWords) read(rule json.RawMessage) {
	if absent(rule) {
		return
	}
	var value any
	if err := json.Unmarshal(rule, &value); err != nil {
		panic("flags: a parsed document: " + err.Error())
	}
	w.walk(value)
}

func (w *ruleWords) walk(value any) {
	switch v := value.(type) {
	case string:
		w.words = append(w.words, v)
	case float64:
		w.numbers = append(w.numbers, v)
	case []any:
		if ids, ok := onlyTexts(v); ok {
			w.ids = append(w.ids, ids...)
			return
		}
		for _, element := range v {
			w.walk(element)
		}
	case map[string]any:
		for _, args := range v {
			w.walk(args)
		}
	}
}

func onlyTexts(list []any) (texts []string, ok bool) {
	for _, element := range list {
		text, isText := element.(string)
		if !isText {
			return nil, false
		}
		texts = append(texts, text)
	}
	return texts, true
}
