package abi

// UUID is struct uuid.
type UUID struct {
	TimeLow          uint32
	TimeMid          uint16
	TimeHiAndVersion uint16
	ClockSeqHi       uint8
	ClockSeqLow      uint8
	Node             [6]byte
}
