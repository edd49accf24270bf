//go:build race

package cpu

func init() { underRace = true }
