package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"time"

	"nbemu/kern"
)

// defaultEpoch is when the clock of -deterministic starts: 1 January 2026, 00:00 UTC.
const defaultEpoch = 1767225600

// determFlags declares -deterministic and what goes with it.
func (o *options) determFlags(fs *flag.FlagSet) (err error) {
	seed, epoch := uint64(1), int64(defaultEpoch)
	if s := os.Getenv("NBEMU_SEED"); s != "" {
		if seed, err = strconv.ParseUint(s, 0, 64); err != nil {
			return fmt.Errorf("NBEMU_SEED=%s: not a number", s)
		}
	}
	if s := os.Getenv("NBEMU_EPOCH"); s != "" {
		if epoch, err = strconv.ParseInt(s, 0, 64); err != nil {
			return fmt.Errorf("NBEMU_EPOCH=%s: not a number", s)
		}
	}
	fs.BoolVar(&o.deterministic, "deterministic", envBool("NBEMU_DETERMINISTIC"), "")
	fs.Uint64Var(&o.seed, "seed", seed, "")
	fs.Int64Var(&o.epoch, "epoch", epoch, "")
	return nil
}

// setDeterministic does what the flags say, before there is a process.
func (o *options) setDeterministic() {
	if o.deterministic {
		kern.Deterministic(o.seed, time.Unix(o.epoch, 0))
	}
}
