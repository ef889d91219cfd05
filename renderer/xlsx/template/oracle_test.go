package template_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

func corpus() []sample {
	return slices.Concat(cellSamples(), blockSamples(), areaSamples(), objectSamples())
}

func TestTemplatesOfTheCorpusAreFilled(t *testing.T) {
	t.Parallel()
	for _, s := range corpus() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			compiled, err := template.Compile(s.template(t), template.Options{})
			noError(t, err)
			if reasons := compiled.Unsupported(); len(reasons) > 0 {
				t.Errorf("not compiled: %v", reasons)
			}
			var b bytes.Buffer
			_, err = compiled.Fill(t.Context(), &b, s.data)
			noError(t, err)
			got := look(t, b.Bytes())
			for where, want := range s.want {
				if got[where] != want {
					t.Errorf("%s is %q, want %q", where, got[where], want)
				}
			}
		})
	}
}
