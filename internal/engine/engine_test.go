package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestFailureLines(t *testing.T) {
	log := "[  1%] Building a\n" +
		"nb_x86.c:7:1: error: unknown type name 'foo'\n    7 | foo bar;\n      | ^~~\n" +
		strings.Repeat("[  2%] Building others\n", 100) +
		"make[2]: *** [x.o] Error 1\n"
	got := failureLines(log)
	if !strings.Contains(got, "unknown type name") || !strings.Contains(got, "^~~") || strings.Contains(got, "make[2]") {
		t.Errorf("picked:\n%s", got)
	}
	if got := failureLines("one\ntwo\n"); got != "  one\n  two" {
		t.Errorf("without a message: %q", got)
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{"/a/b.a": "/a/b.a", "/a b/c": `"/a b/c"`, `/a'b\c`: `"/a'b\\c"`} {
		if got := quote(in); got != want {
			t.Errorf("quote(%q) = %s, want %s", in, got, want)
		}
	}
}

// TestSyncDir sees that only what changed is written: the times of the files
// decide what make compiles.
func TestSyncDir(t *testing.T) {
	src, dst := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(src+"/same.c", "same")
	write(src+"/sub/changes.h", "old")
	write(src+"/goes.c", "x")
	if err := syncDir(dst, src); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-time.Hour)
	for _, name := range []string{"same.c", "sub/changes.h"} {
		if err := os.Chtimes(filepath.Join(dst, name), long, long); err != nil {
			t.Fatal(err)
		}
	}
	write(src+"/sub/changes.h", "new")
	os.Remove(src + "/goes.c")
	if err := syncDir(dst, src); err != nil {
		t.Fatal(err)
	}
	if fi, err := os.Stat(dst + "/same.c"); err != nil || !fi.ModTime().Equal(long) {
		t.Errorf("an unchanged file was written: %v, %v", fi, err)
	}
	if data, err := os.ReadFile(dst + "/sub/changes.h"); err != nil || string(data) != "new" {
		t.Errorf("changed file: %q, %v", data, err)
	}
	if _, err := os.Stat(dst + "/goes.c"); err == nil {
		t.Error("a removed file is still there")
	}
}

func TestRestoreTimes(t *testing.T) {
	dir := t.TempDir()
	same, changed := filepath.Join(dir, "same.h"), filepath.Join(dir, "changed.h")
	long := time.Now().Add(-time.Hour)
	for _, name := range []string{same, changed} {
		if err := os.WriteFile(name, []byte("1"), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, long, long); err != nil {
			t.Fatal(err)
		}
	}
	before := readHeaders(dir)
	os.WriteFile(same, []byte("1"), 0o666)
	os.WriteFile(changed, []byte("2"), 0o666)
	before.restoreTimes()
	if fi, err := os.Stat(same); err != nil || !fi.ModTime().Equal(long) {
		t.Errorf("unchanged header has a new time: %v", err)
	}
	if fi, err := os.Stat(changed); err != nil || fi.ModTime().Equal(long) {
		t.Errorf("changed header has its old time: %v", err)
	}
}

// A compiler of several words that has been moved leaves the names of the tools as they were, which CMake has written down.
func TestToolsStay(t *testing.T) {
	cache, names := t.TempDir(), map[string]bool{}
	for range 2 {
		zig := filepath.Join(t.TempDir(), "zig")
		if err := os.WriteFile(zig, []byte("#!/bin/sh\necho a compiler 1.0\n"), 0o777); err != nil {
			t.Fatal(err)
		}
		tools, err := crossToolchain("darwin/arm64", zig+" cc -target aarch64-macos", cache)
		if err != nil {
			t.Fatal(err)
		}
		names[tools.cc+" "+tools.ar+" "+tools.index] = true
		for _, script := range []string{tools.cc, tools.ar, tools.index} {
			if text, err := os.ReadFile(script); err != nil || !strings.Contains(string(text), "'"+zig+"'") {
				t.Errorf("%s does not call %s: %s, %v", script, zig, text, err)
			}
		}
	}
	if len(names) != 1 {
		t.Errorf("tools: %v", names)
	}
}

// A cache directory that was moved must not keep the objects of the old place, which CMake refuses.
func TestPrepareObjects(t *testing.T) {
	obj := filepath.Join(t.TempDir(), "obj")
	write := func(place string) {
		t.Helper()
		for name, text := range map[string]string{
			"CMakeCache.txt": "# a comment\nCMAKE_CACHEFILE_DIR:INTERNAL=" + place + "\nX:BOOL=ON\n",
			"made.o":         "code",
		} {
			if err := os.WriteFile(filepath.Join(obj, name), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		place string
		kept  bool
	}{{obj, true}, {obj + "2", false}, {"/elsewhere", false}} {
		if err := prepareObjects(obj); err != nil {
			t.Fatal(err)
		}
		write(c.place)
		if err := prepareObjects(obj); err != nil {
			t.Fatal(err)
		}
		_, err := os.Stat(filepath.Join(obj, "made.o"))
		if kept := err == nil; kept != c.kept {
			t.Errorf("objects made at %s: kept: %v, want %v", c.place, kept, c.kept)
		}
	}
}
