package mem

// Group is the set of spaces that share memory they can store to. Translated atomic instructions are not
// atomic between engines, so that at most one LWP of a group is in user mode at a time; the scheduler keeps
// its lock of a group in Sched.
type Group struct{ Sched any }

func newGroup() *Group { return &Group{} }

// SharedGroup is for spaces that map a file or a named segment shared and writable: whoever else maps it is
// not known, so they are all taken to share.
var SharedGroup = newGroup()
