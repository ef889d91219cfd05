package xlsx_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

func TestSheetName(t *testing.T) {
	t.Parallel()
	taken := []string{"Kitchen", "kitchen (2)", strings.Repeat("あ", 31)}
	tests := []struct {
		name, want string
		changed    bool
	}{
		{"冷蔵庫 1", "冷蔵庫 1", false},
		{"it's", "it's", false},
		{`a\b/c?d*e[f]g:h`, "a_b_c_d_e_f_g_h", true},
		{"１階／厨房［北］", "１階_厨房_北_", true},
		{"＼？＊：￥", "_____", true},
		{"'quoted'", "quoted", true},
		{"＇引用’", "引用", true},
		{"Baker’s ¥", "Baker’s ¥", false},
		{" ' ", "Sheet", true},
		{"", "Sheet", true},
		{"hIStory", "hIStory_", true},
		{"履歴", "履歴_", true},
		{"KITCHEN", "KITCHEN (3)", true},
		{"line\nbreak", "line_break", true},
		{"bad\xff", "bad\uFFFD", true},
		{strings.Repeat("a", 32), strings.Repeat("a", 31), true},
		{strings.Repeat("😀", 16), strings.Repeat("😀", 15), true},
		{strings.Repeat("a", 30) + "'b", strings.Repeat("a", 30), true},
		{strings.Repeat("あ", 31), strings.Repeat("あ", 27) + " (2)", true},
	}
	for _, test := range tests {
		got, changed := xlsx.SheetName(test.name, taken)
		if got != test.want || changed != test.changed {
			t.Errorf("SheetName(%q) is %q, %v; want %q, %v", test.name, got, changed, test.want, test.changed)
		}
	}
}

func TestRandomSheetNamesAreLegalAndUnlike(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	var taken []string
	for range 2000 {
		s := randomText(r) + randomText(r)
		name, changed := xlsx.SheetName(s, taken)
		units := len(utf16.Encode([]rune(name)))
		if units < 1 || units > 31 || strings.ContainsAny(name, "\\/?*[]:\n\r\t\x00") || strings.Trim(name, "'") != name || strings.EqualFold(name, "history") {
			t.Fatalf("%q became %q, which is not legal", s, name)
		}
		if changed != (name != s) {
			t.Fatalf("%q became %q, changed %v", s, name, changed)
		}
		for _, other := range taken {
			if strings.EqualFold(name, other) {
				t.Fatalf("%q became %q, which is taken by %q", s, name, other)
			}
		}
		if again, changed := xlsx.SheetName(name, nil); changed {
			t.Fatalf("the legal name %q became %q", name, again)
		}
		taken = append(taken, name)
	}
}
