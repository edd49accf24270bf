package suite

import (
	"regexp"
	"sync"
)

// lazily compiles an expression when it is first asked for: this package is linked into nbemu, each start of which
// would pay for it otherwise.
func lazily(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
