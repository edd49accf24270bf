//go:build race

package linux

func init() { underRace = true }
