//go:build linux

package main

import _ "embed"

//go:embed known.txt
var knownText string
