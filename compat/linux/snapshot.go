package linux

import "errors"

var errKeys = errors.New("it has keys or asynchronous I/O")

// Copy is kern.EmulSaver's.
func (d *procData) Copy() (any, error) {
	if d.keys.process != nil || d.keys.session != nil || len(d.aio) != 0 {
		return nil, errKeys
	}
	c := *d
	return &c, nil
}

// Copy is kern.EmulSaver's.
func (d *lwpData) Copy() (any, error) {
	if d.keyring != nil {
		return nil, errKeys
	}
	c := *d
	return &c, nil
}
