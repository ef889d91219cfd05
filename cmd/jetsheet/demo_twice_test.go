package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDemoTwice runs a smaller demo in the directory of a larger one: nothing of the
// larger one is left.
func TestDemoTwice(t *testing.T) {
	t.Parallel()
	env, _ := demoEnv(t)
	dir := t.TempDir()
	var published []int
	for _, tenants := range []string{"--tenants=3", "--tenants=2"} {
		command := exec.CommandContext(t.Context(), "jetsheet", "demo", "--json", "--dir", dir, tenants)
		var stdout, stderr strings.Builder
		command.Env, command.Stdout, command.Stderr = env, &stdout, &stderr
		if err := command.Run(); err != nil {
			t.Fatalf("jetsheet demo %s: %v\n%s", tenants, err, stderr.String())
		}
		var result demoResult
		if err := json.Unmarshal([]byte(stdout.String()), &result); err != nil {
			t.Fatal(err)
		}
		published = append(published, result.Published)
	}
	files, err := filepath.Glob(filepath.Join(dir, localBucket, "[0-9]*", "*", "*", "*.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != published[1] || published[1] == 0 || published[1] >= published[0] {
		t.Errorf("after demos that published %v the directory has %d workbooks, want those of the second", published, len(files))
	}
	entries, err := os.ReadDir(dir)
	if err != nil || !slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == demoMarker }) {
		t.Errorf("the directory holds %v (%v), want %s among it", entries, err, demoMarker)
	}
}
