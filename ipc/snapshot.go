package ipc

import "errors"

var errObjects = errors.New("there are System V or POSIX objects for communication between processes")

// Save is kern.Saver's, for a machine without such objects: those that it will have are gone when it goes back.
func (t *Tables) Save() (restore func(), err error) {
	any := len(t.ksems)+len(t.ksemsPshared)+len(t.mqueues) != 0
	t.shmSegs.all(func(*shmSegment) { any = true })
	t.semSets.all(func(*semSet) { any = true })
	t.msgQueues.all(func(*msgQueue) { any = true })
	if any {
		return nil, errObjects
	}
	was := *t
	return func() {
		t.Close()
		clear(t.ksems)
		clear(t.ksemsPshared)
		clear(t.mqueues)
		t.ksemCount = was.ksemCount
		t.semSets, t.msgQueues = ipcSet[*semSet]{}, ipcSet[*msgQueue]{}
	}, nil
}
