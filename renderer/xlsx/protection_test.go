package xlsx_test

import (
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

func protectedSheet(p *xlsx.Protection) xlsx.Sheet {
	return xlsx.Sheet{Name: "s", Columns: []xlsx.Column{{Title: "a"}, {Title: "b"}}, Filter: true, Protection: p, Title: xlsx.Title{Lines: []string{"t"}, Merge: true}}
}

func hashPassword(t *testing.T, password, salt string) xlsx.Password {
	t.Helper()
	hash, err := xlsx.HashPassword(password, salt)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func TestPasswordTakesProtectionOff(t *testing.T) {
	t.Parallel()
	const password = "合言葉🔑 1"
	content, _ := writeBook(t, protectedSheet(&xlsx.Protection{Password: hashPassword(t, password, "report")}), nil)
	f := openExcelize(t, content)
	if err := f.UnprotectSheet("s", password+"x"); err == nil {
		t.Error("another password takes the protection off")
	}
	if err := f.UnprotectSheet("s", password); err != nil {
		t.Errorf("the password does not: %v", err)
	}
}

func TestProtectionAllowsWhatIsNamed(t *testing.T) {
	t.Parallel()
	content, _ := writeBook(t, protectedSheet(&xlsx.Protection{Allow: []xlsx.Action{xlsx.AllowFormatColumns, xlsx.AllowFilter}}), nil)
	got, err := openExcelize(t, content).GetSheetProtection("s")
	if err != nil {
		t.Fatal(err)
	}
	if !got.FormatColumns || !got.AutoFilter || got.FormatCells || got.FormatRows || got.InsertRows || got.EditObjects {
		t.Errorf("protection %+v, want columns and filters allowed, and nothing else", got)
	}
	if !got.SelectLockedCells || got.Password != "" {
		t.Errorf("protection %+v, want cells selected without a password", got)
	}
}

func TestPasswordHashDependsOnTheSaltAlone(t *testing.T) {
	t.Parallel()
	a := hashPassword(t, "secret", "report")
	if a != hashPassword(t, "secret", "report") {
		t.Error("the same password and salt have other hashes")
	}
	if a == hashPassword(t, "secret", "another") {
		t.Error("the salt makes no difference")
	}
}

func TestProtectionThatCannotBe(t *testing.T) {
	t.Parallel()
	refuses(t, protectedSheet(&xlsx.Protection{Allow: []xlsx.Action{"everything"}}), `"everything"`, "formatCells")
	for password, words := range map[string]string{"": "1 to 255", strings.Repeat("🔑", 128): "256"} {
		_, err := xlsx.HashPassword(password, "report")
		refusedBy(t, err, words)
	}
}
