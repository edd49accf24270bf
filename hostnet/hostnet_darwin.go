package hostnet

import (
	"net/netip"

	"nbemu/abi"
)

// hostRoutes gives the networks of the interfaces; the host's other routes are not shown.
func Routes() []*Route {
	var out []*Route
	for _, ifp := range Interfaces() {
		for _, p := range ifp.Addrs {
			rt := &Route{Dst: netip.PrefixFrom(p.Masked().Addr(), p.Bits()), Index: ifp.Index, Flags: abi.RTF_UP | abi.RTF_DONE | abi.RTF_CONNECTED}
			if p.IsSingleIP() {
				rt.Flags |= abi.RTF_HOST
			}
			out = append(out, rt)
		}
	}
	return out
}

// hostCounters is empty: what passes through macOS' interfaces is not counted.
func hostCounters() map[string]Counters { return nil }
