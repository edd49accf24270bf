package main

import "runtime/debug"

// version is nbemu's own; releases put their tag's in its place (-ldflags -X).
var version = "0.1.0"

// versionString is the version with the commit that the binary was built from, as far as the go command knew it: not
// without git, nor from a tarball.
func versionString() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return version
	}
	return version + commitOf(info.Settings)
}

// commitOf is " 0123456789ab", with a "+" after it if files had been changed, or "".
func commitOf(settings []debug.BuildSetting) string {
	revision, changed := "", ""
	for _, s := range settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value
		case "vcs.modified":
			if s.Value == "true" {
				changed = "+"
			}
		}
	}
	if revision == "" {
		return ""
	}
	return " " + revision[:min(12, len(revision))] + changed
}
