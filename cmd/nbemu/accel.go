package main

import (
	"errors"

	"nbemu/cpu/accel"
	"nbemu/kern"
)

// setAccel chooses what programs run on.
func (o *options) setAccel() error {
	if o.accel != "" && o.accel != accel.Unicorn && o.deterministic {
		return errors.New("-deterministic needs the emulated processor")
	}
	var err error
	kern.Config.NewEngine, err = accel.New(o.accel, kern.Config.Log)
	return err
}
