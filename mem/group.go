package mem

// Group is the set of spaces that share memory they can store to. What is translated for one processor at a time has
// atomic instructions that are not atomic between processors: when two LWPs of a group are in user mode at the same
// time all of them have to run code that is translated for that. The scheduler keeps its record of a group in Sched.
type Group struct{ Sched any }

func newGroup() *Group { return &Group{} }

// SharedGroup is for spaces that map a file or a named segment shared and writable: whoever else maps it is
// not known, so they are all taken to share.
var SharedGroup = newGroup()
