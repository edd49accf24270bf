package suite

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"nbemu/machine"
)

// FindUser finds a user: "uid:gid", or a name in the passwd file that programs see. Error: there is no such user.
func FindUser(name, chroot, root string) (*machine.Cred, error) {
	if uid, gid, ok := strings.Cut(name, ":"); ok {
		return makeCred(uid, gid)
	}
	files := []string{filepath.Join(root, "etc/passwd"), "/etc/passwd"}
	if chroot != "" {
		files = []string{filepath.Join(chroot, "etc/passwd")}
	}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			continue
		}
		defer f.Close()
		for in := bufio.NewScanner(f); in.Scan(); {
			if fields := strings.Split(in.Text(), ":"); len(fields) > 3 && fields[0] == name {
				return makeCred(fields[2], fields[3])
			}
		}
	}
	if name == "nobody" { // NetBSD's, where there is no passwd file
		return &machine.Cred{UID: 32767, GID: 39, Groups: []uint32{39}}, nil
	}
	return nil, fmt.Errorf("not in %s", strings.Join(files, " nor in "))
}

func makeCred(uid, gid string) (*machine.Cred, error) {
	u, err := strconv.ParseUint(uid, 10, 32)
	g, err2 := strconv.ParseUint(gid, 10, 32)
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	return &machine.Cred{UID: uint32(u), GID: uint32(g), Groups: []uint32{uint32(g)}}, nil
}
