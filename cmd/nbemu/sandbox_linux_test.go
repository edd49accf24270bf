package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"nbemu/machine"
)

// TestSecondWall puts up the wall around a process of its own, which then tries to do what no program inside may, as
// if there were no first one, on all threads.
func TestSecondWall(t *testing.T) {
	if how := os.Getenv("NBEMU_TEST_WALL"); how != "" {
		behindTheWall(how, os.Getenv("NBEMU_TEST_ROOT"))
		return
	}
	if _, _, e := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION); e != 0 {
		t.Skip("no Landlock: ", e)
	}
	root := t.TempDir()
	for _, how := range []string{"chroot", "chroot-uid", "uid", "chroot-overlay"} {
		if strings.Contains(how, "uid") && os.Getuid() != 0 {
			continue
		}
		cmd := exec.Command(os.Args[0], "-test.run=^TestSecondWall$")
		cmd.Env = append(os.Environ(), "NBEMU_TEST_WALL="+how, "NBEMU_TEST_ROOT="+root)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "held\n") {
			t.Errorf("%s: %v\n%s", how, err, out)
		}
	}
}

// behindTheWall says what should not have been possible; the process ends with it.
func behindTheWall(how, root string) {
	outside := filepath.Join(filepath.Dir(root), "outside")
	secret := filepath.Join(root, "secret")
	_ = os.WriteFile(secret, nil, 0o600)
	_ = os.Chmod(root, 0o755)
	c := &machine.Config{}
	if strings.Contains(how, "chroot") {
		c.Chroot = root
	}
	if strings.Contains(how, "overlay") {
		c.Overlay = filepath.Join(filepath.Dir(root), "overlay")
		_ = os.Mkdir(c.Overlay, 0o700)
	}
	if strings.Contains(how, "uid") {
		c.Cred = &machine.Cred{UID: 4242, GID: 4243, Groups: []uint32{4244}}
	}
	if err := sandboxRequire.enter(c, ""); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	bad := func(what string, err error, want ...error) {
		for _, w := range want {
			if errors.Is(err, w) {
				return
			}
		}
		mu.Lock()
		fmt.Println(what, err)
		mu.Unlock()
	}
	for range 30 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if c.Chroot != "" {
				_, err := os.ReadFile("/etc/passwd")
				bad("read", err, os.ErrPermission)
				bad("write", os.WriteFile(outside, nil, 0o600), os.ErrPermission)
				bad("link", os.Link("/etc/passwd", filepath.Join(root, "link")), os.ErrPermission, unix.EXDEV)
				bad("kill", unix.Kill(os.Getppid(), 0), os.ErrPermission)
			}
			if c.Overlay != "" {
				bad("write below the overlay", os.WriteFile(secret, []byte("x"), 0o600), os.ErrPermission)
				bad("truncation below the overlay", os.Truncate(secret, 0), os.ErrPermission)
				bad("removal below the overlay", os.Remove(secret), os.ErrPermission)
				if _, err := os.ReadFile(secret); err != nil {
					bad("reading below the overlay", err)
				}
				bad("write to the overlay", os.WriteFile(filepath.Join(c.Overlay, "f"), nil, 0o600), nil)
			}
			if c.Cred != nil {
				_, err := os.ReadFile(secret)
				bad("read of root's", err, os.ErrPermission)
				bad("setuid", unix.Setuid(0), os.ErrPermission)
				if g, _ := os.Getgroups(); os.Getuid() != 4242 || os.Getegid() != 4243 || len(g) != 1 || g[0] != 4244 {
					bad("ids", fmt.Errorf("%d %d %v", os.Getuid(), os.Getegid(), g))
				}
			}
			bad("mknod", unix.Mknod(filepath.Join(root, "dev"), unix.S_IFCHR|0o600, int(unix.Mkdev(1, 1))), os.ErrPermission)
			bad("mount", unix.Mount("none", root, "tmpfs", 0, ""), os.ErrPermission)
			if n, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); n != 1 {
				bad("new privileges", err)
			}
		}()
	}
	wg.Wait()
	// What nbemu itself needs still works.
	f, err := os.Open("/proc/self/fd/0")
	if err != nil && !errors.Is(err, os.ErrPermission) {
		bad("own descriptors", err)
	} else if err == nil {
		f.Close()
	}
	if _, err := os.ReadDir("/proc/self/fd"); err != nil {
		bad("own descriptors", err)
	}
	fmt.Println("held")
	syscall.Exit(0) // at once: a test binary that measures coverage could not write its files any more
}

func TestSandboxFlag(t *testing.T) {
	for _, how := range []string{"auto", "require", "off"} {
		if _, _, err := parseFlags("run", []string{"-sandbox", how, "x"}, nil); err != nil {
			t.Error(err)
		}
	}
	if _, _, err := parseFlags("run", []string{"-sandbox", "on", "x"}, nil); err == nil || !strings.Contains(err.Error(), "require") {
		t.Error(err)
	}
}
