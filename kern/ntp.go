package kern

import "nbemu/abi"

// The host keeps the time; to programs the clock looks like one that no NTP daemon steers.
const (
	ntpMaxError  = 500000 // microseconds
	ntpEstError  = 500000
	ntpUnsync    = 0x40 // STA_UNSYNC
	ntpTimeError = 5    // TIME_ERROR
	ntpTolerance = 500000 * (65536 / 1000)
)

// NtpTime is what ntp_gettime(2) gives.
func (k *Kernel) NtpTime() abi.Ntptimeval {
	return abi.Ntptimeval{Time: abi.TimespecAt(k.Timenow()), Maxerror: ntpMaxError, Esterror: ntpEstError, TimeState: ntpTimeError}
}

// NtpTimex is the state of the clock that ntp_adjtime(2) gives.
func NtpTimex() abi.Timex {
	return abi.Timex{Maxerror: ntpMaxError, Esterror: ntpEstError, Status: ntpUnsync, Constant: 2, Precision: 1, Tolerance: ntpTolerance}
}
