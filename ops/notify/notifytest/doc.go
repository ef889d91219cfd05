// Package notifytest has servers to tell in tests: [GitHub] keeps issues and [Slack] keeps
// messages as the real ones do, as far as package notify asks them to. Each is an
// [net/http.Handler] and may be used concurrently.
package notifytest
