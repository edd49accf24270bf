package hostnet

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"nbemu/abi"
)

// Flags of routes in Linux's tables, as far as they differ from NetBSD's.
const (
	linuxRtfUp      = 0x1
	linuxRtfGateway = 0x2
	linuxRtfHost    = 0x4
	linuxRtfReject  = 0x200
)

func routeFlags(linux uint64, host, gateway bool) int32 {
	f := int32(abi.RTF_DONE)
	if linux&linuxRtfUp != 0 {
		f |= abi.RTF_UP
	}
	if gateway {
		f |= abi.RTF_GATEWAY | abi.RTF_STATIC
	} else {
		f |= abi.RTF_CONNECTED
	}
	if host {
		f |= abi.RTF_HOST
	}
	if linux&linuxRtfReject != 0 {
		f |= abi.RTF_REJECT
	}
	return f
}

// Routes reads the host's routes from /proc; what cannot be read is not there.
func Routes() []*Route {
	index := map[string]int{}
	for _, ifp := range Interfaces() {
		index[ifp.Host] = ifp.Index
	}
	var out []*Route
	for _, f := range procLines("/proc/net/route") {
		// Iface Destination Gateway Flags RefCnt Use Metric Mask MTU …
		if len(f) < 9 || index[f[0]] == 0 {
			continue
		}
		dst, ok1 := hexAddr4(f[1])
		gw, ok2 := hexAddr4(f[2])
		mask, ok3 := hexAddr4(f[7])
		flags, err := strconv.ParseUint(f[3], 16, 32)
		if !ok1 || !ok2 || !ok3 || err != nil {
			continue
		}
		bits := 0
		for _, b := range mask.As4() {
			for ; b&0x80 != 0; b <<= 1 {
				bits++
			}
		}
		mtu, _ := strconv.Atoi(f[8])
		rt := &Route{Dst: netip.PrefixFrom(dst, bits), Index: index[f[0]], MTU: mtu,
			Flags: routeFlags(flags, flags&linuxRtfHost != 0, flags&linuxRtfGateway != 0)}
		if flags&linuxRtfGateway != 0 {
			rt.Gateway = gw
		}
		out = append(out, rt)
	}
	for _, f := range procLines("/proc/net/ipv6_route") {
		// destination, its length, source, its length, next hop, metric, references, use, flags, interface
		if len(f) < 10 || index[f[9]] == 0 {
			continue
		}
		dst, ok1 := hexAddr6(f[0])
		gw, ok2 := hexAddr6(f[4])
		bits, err1 := strconv.ParseUint(f[1], 16, 8)
		flags, err2 := strconv.ParseUint(f[8], 16, 32)
		if !ok1 || !ok2 || err1 != nil || err2 != nil || bits > 128 || dst.IsMulticast() {
			continue
		}
		rt := &Route{Dst: netip.PrefixFrom(dst, int(bits)), Index: index[f[9]],
			Flags: routeFlags(flags, bits == 128, flags&linuxRtfGateway != 0)}
		if flags&linuxRtfGateway != 0 {
			rt.Gateway = gw
		}
		out = append(out, rt)
	}
	return out
}

// hostCounters reads what has passed through the host's interfaces, by their names there.
func hostCounters() map[string]Counters {
	b, _ := os.ReadFile("/proc/net/dev")
	return parseCounters(string(b))
}

// parseCounters reads the form of /proc/net/dev: two lines of titles, then a line for each interface, which has eight
// numbers of what was received (bytes, packets, errs, drop, fifo, frame, compressed, multicast) and eight of what was
// sent (bytes, packets, errs, drop, fifo, colls, carrier, compressed).
func parseCounters(text string) map[string]Counters {
	out := map[string]Counters{}
	for line := range strings.Lines(text) {
		// The name can touch the first number, and has a colon itself where it is an alias.
		at := strings.LastIndexByte(line, ':')
		if at < 0 {
			continue
		}
		var n [16]uint64
		fields := strings.Fields(line[at+1:])
		if len(fields) < len(n) {
			continue
		}
		for i := range n {
			n[i], _ = strconv.ParseUint(fields[i], 10, 64)
		}
		out[strings.TrimSpace(line[:at])] = Counters{Ibytes: n[0], Ipackets: n[1], Ierrors: n[2], Iqdrops: n[3], Imcasts: n[7],
			Obytes: n[8], Opackets: n[9], Oerrors: n[10], Collisions: n[13]}
	}
	return out
}

func procLines(name string) (out [][]string) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(b)) {
		out = append(out, strings.Fields(line))
	}
	return out
}

// hexAddr4 is an address as Linux prints a word of memory.
func hexAddr4(s string) (netip.Addr, bool) {
	n, err := strconv.ParseUint(s, 16, 32)
	var b [4]byte
	binary.NativeEndian.PutUint32(b[:], uint32(n))
	return netip.AddrFrom4(b), err == nil
}

func hexAddr6(s string) (netip.Addr, bool) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 16 {
		return netip.Addr{}, false
	}
	return netip.AddrFrom16([16]byte(b)), true
}
