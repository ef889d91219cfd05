package main

import "strings"

// redactURLs hides the credentials in one URL or in several, separated by commas. What
// stands between "//" and the last "@" before the next URL goes, whatever it is: a
// password may hold any character, and a URL that nothing can parse must not give it
// away either.
func redactURLs(text string) string {
	parts := strings.Split(text, "://")
	for i, part := range parts {
		at := strings.LastIndex(part, "@")
		if at < 0 || (i == 0 && len(parts) > 1) {
			continue // the scheme, or no credentials
		}
		parts[i] = "xxxxx" + part[at:]
	}
	return strings.Join(parts, "://")
}
