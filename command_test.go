package jetsheet

import (
	"os/exec"
	"runtime"
	"testing"
)

// TestShellQuote asks a shell, since a command is there to be copied into one.
func TestShellQuote(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there is no POSIX shell to ask")
	}
	for _, id := range []string{"a.b", "*", ">", "it's", "$(x) `y` \\", "two\nlines", "冷蔵庫 🧊", "-n", "", "!!", `"`} {
		out, err := exec.CommandContext(t.Context(), "sh", "-c", "printf %s --tenant="+ShellQuote(id)).Output()
		if err != nil || string(out) != "--tenant="+id {
			t.Errorf("%q as %s: the shell makes %q, %v", id, ShellQuote(id), out, err)
		}
	}
}
