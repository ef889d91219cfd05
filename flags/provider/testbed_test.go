package provider_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/jetsheet/jetsheet/flags/provider"
)

// testbedVariable names a clone of https://github.com/open-feature/flagd-testbed, whose
// cases for evaluators are then played through an OpenFeature client:
//
//	git clone https://github.com/open-feature/flagd-testbed /tmp/flagd-testbed
//	JETSHEET_TEST_FLAGD_TESTBED=/tmp/flagd-testbed go test ./flags/provider -run TestFlagdTestbed -v
const testbedVariable = "JETSHEET_TEST_FLAGD_TESTBED"

func TestFlagdTestbed(t *testing.T) {
	t.Parallel()
	root := os.Getenv(testbedVariable)
	if root == "" {
		t.Skipf("%s names no clone of flagd-testbed", testbedVariable)
	}
	document, err := os.ReadFile(filepath.Join(root, "evaluator", "flags", "testkit-flags.json"))
	if err != nil {
		t.Fatal(err)
	}
	b, _ := bindScript(t, provider.News{Document: document, Version: "testbed"}, provider.Config{})
	features, err := filepath.Glob(filepath.Join(root, "evaluator", "gherkin", "*.feature"))
	if err != nil || len(features) == 0 {
		t.Fatalf("there are no features below %s: %v", root, err)
	}
	played := 0
	for _, path := range features {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range parseFeature(string(text)) {
			if slices.Contains(c.tags, "@fractional-v1") { // the generation before flagd's present one
				continue
			}
			played++
			if err := c.play(t, b.client); err != nil {
				t.Errorf("%s: %s: %v\n%s", filepath.Base(path), c.name, err, strings.Join(c.steps, "\n"))
			}
		}
	}
	t.Logf("%d cases of %d features", played, len(features))
}

// steps of the testbed, with what they have in quotes.
var (
	flagStep     = regexp.MustCompile(`^an? (\w+)-flag with key "(.*)" and a fallback value "(.*)"$`)
	keyStep      = regexp.MustCompile(`^a context containing a key "(.*)", with type "(.*)" and with value "(.*)"$`)
	nestedStep   = regexp.MustCompile(`^a context containing a nested property with outer key "(.*)" and inner key "(.*)", with value "(.*)"$`)
	subjectStep  = regexp.MustCompile(`^a context containing a targeting key with value "(.*)"$`)
	valueStep    = regexp.MustCompile(`^the resolved details value should be "(.*)"$`)
	reasonStep   = regexp.MustCompile(`^the reason should be "(.*)"$`)
	codeStep     = regexp.MustCompile(`^the error-code should be "(.*)"$`)
	ignoredSteps = []string{"an evaluator", "the flag was evaluated with details"}
)

// play evaluates the flag of a case and holds its steps.
func (c testbedCase) play(t *testing.T, client *openfeature.Client) error {
	t.Helper()
	var kind, key, fallback, subject string
	attributes := map[string]any{}
	for _, step := range c.steps {
		if m := flagStep.FindStringSubmatch(step); m != nil {
			kind, key, fallback = m[1], m[2], m[3]
		} else if m := keyStep.FindStringSubmatch(step); m != nil {
			value, err := typedValue(m[2], m[3])
			if err != nil {
				return err
			}
			attributes[m[1]] = value
		} else if m := nestedStep.FindStringSubmatch(step); m != nil {
			attributes[m[1]] = map[string]any{m[2]: m[3]}
		} else if m := subjectStep.FindStringSubmatch(step); m != nil {
			subject = m[1]
		}
	}
	otherwise, err := typedValue(kind, fallback)
	if err != nil {
		return err
	}
	// The error of an evaluation is in its details as well, and a step may want it.
	got, _ := details(t, client, key, otherwise, openfeature.NewEvaluationContext(subject, attributes))
	for _, step := range c.steps {
		if err := c.holds(step, kind, got); err != nil {
			return fmt.Errorf("%w; it is %+v", err, got)
		}
	}
	return nil
}

func (c testbedCase) holds(step, kind string, got openfeature.InterfaceEvaluationDetails) error {
	if m := valueStep.FindStringSubmatch(step); m != nil {
		want, err := typedValue(kind, m[1])
		if err == nil && !reflect.DeepEqual(got.Value, want) {
			err = fmt.Errorf("the value is not %v", want)
		}
		return err
	}
	if m := reasonStep.FindStringSubmatch(step); m != nil && string(got.Reason) != m[1] {
		return fmt.Errorf("the reason is not %s", m[1])
	}
	if m := codeStep.FindStringSubmatch(step); m != nil && string(got.ErrorCode) != m[1] {
		return fmt.Errorf("the code is not %s", m[1])
	}
	metadata := maps.Clone(got.FlagMetadata)
	delete(metadata, "version") // ours: which document it was
	switch step {
	case "the resolved metadata is empty":
		if len(metadata) > 0 {
			return errors.New("there is metadata")
		}
	case "the resolved metadata should contain":
		for _, row := range c.rows[step][1:] {
			want, err := typedValue(row[1], row[2])
			if n, ok := want.(int64); ok {
				want = float64(n) // the only number that JSON has
			}
			if err != nil {
				return err
			}
			if metadata[row[0]] != want {
				return fmt.Errorf("the metadata %s is not %v", row[0], want)
			}
		}
	default:
		for _, known := range []*regexp.Regexp{flagStep, keyStep, nestedStep, subjectStep, valueStep, reasonStep, codeStep} {
			if known.MatchString(step) {
				return nil
			}
		}
		if !slices.Contains(ignoredSteps, step) {
			return fmt.Errorf("the step %q is not known", step)
		}
	}
	return nil
}

func typedValue(kind, text string) (any, error) {
	switch kind {
	case "Boolean":
		return strconv.ParseBool(text)
	case "String":
		return text, nil
	case "Integer":
		return strconv.ParseInt(text, 10, 64)
	case "Float":
		return strconv.ParseFloat(text, 64)
	case "Object":
		var value map[string]any
		err := json.Unmarshal([]byte(strings.ReplaceAll(text, `\"`, `"`)), &value)
		return value, err
	}
	return nil, fmt.Errorf("the type %q is not known", kind)
}
