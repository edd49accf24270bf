package syscalls

import (
	"strings"
	"testing"
)

// Property lists as modload(8) makes them, and what is none.
func TestDictionary(t *testing.T) {
	const head = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple Computer//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
`
	deep := strings.Repeat("<array>", 20) + strings.Repeat("</array>", 20)
	for s, want := range map[string]bool{
		head + "<plist version=\"1.0\">\n<dict>\n\t<key>msg</key>\n\t<string>Hello</string>\n\t<key>on</key><true/>\n</dict>\n</plist>\n": true,
		`<plist version="1.0"><dict/></plist>`: true,
		`<plist version="1.0"><dict><key>n</key><integer>0x10</integer><key>a</key><array><string/><dict></dict></array></dict></plist>`: true,
		`<plist version="1.0"><!-- none --><dict></dict></plist>`:                                                                        true,
		`<plist version="2.0"><dict/></plist>`:                                                                                           false,
		`<plist version="1.0"><array/></plist>`:                                                                                          false,
		`<plist version="1.0"><dict/>`:                                                                                                   false,
		`<plist version="1.0"><dict><key>k</key></dict></plist>`:                                                                         false,
		`<plist version="1.0"><dict><string>x</string></dict></plist>`:                                                                   false,
		`<plist version="1.0"><dict><key>k</key><integer>ten</integer></dict></plist>`:                                                   false,
		`<plist version="1.0"><dict><key>k</key>` + deep + `</dict></plist>`:                                                             false,
		`<plist version="1.0"><dict><key>k</key><unknown/></dict></plist>`:                                                               false,
		`<dict/>`: false, ``: false, `<`: false, `<!--`: false, `<?`: false, "plain": false,
	} {
		if got := isDictionary(s); got != want {
			t.Errorf("%v: %s", got, s)
		}
	}
}
