package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"nbemu/internal/measured"
	"nbemu/internal/testprog"
)

var (
	archFlag = flag.String("arch", "", "architectures, with commas between them; all if empty")
	progFlag = flag.String("prog", "", "programs, with commas between them; all if empty")
	parallel = flag.Int("p", 2, "how many programs run at a time")
	dryRun   = flag.Bool("n", false, "only print: leave docs/CONFORMANCE.md as it is")
)

func chosen(list, name string) bool {
	return list == "" || slices.Contains(strings.Split(list, ","), name)
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("posixtest: ")
	flag.Parse()
	var arches []testprog.Arch
	for _, a := range testprog.Arches {
		if chosen(*archFlag, a.Name) {
			arches = append(arches, a)
		}
	}
	var (
		tables []*table
		mu     sync.Mutex
		wg     sync.WaitGroup
		slots  = make(chan bool, *parallel)
		failed = 0
	)
	for _, p := range programs {
		t := &table{program: p.name}
		tables = append(tables, t)
		if !chosen(*progFlag, p.name) {
			continue
		}
		for _, a := range arches {
			wg.Go(func() {
				slots <- true
				rs, err := run(a, p.name)
				<-slots
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					log.Print(err)
					if !errors.Is(err, errNoProgram) {
						failed++
					}
					return
				}
				t.add(a.Name, rs)
				n := 0
				for _, r := range rs {
					if r.ok {
						n++
					} else {
						fmt.Printf("%s %s %s: %s\n", a.Name, p.name, r.name, r.why)
						if r.known(a.Name) == "" {
							failed++
						}
					}
				}
				fmt.Printf("%-8s %-8s %d of %d\n", a.Name, p.name, n, len(rs))
			})
		}
	}
	wg.Wait()
	if !*dryRun && *archFlag == "" && *progFlag == "" {
		if err := measured.Replace(filepath.Join(testprog.Root(), "docs", "CONFORMANCE.md"), begin, end, markdown(tables, arches)); err != nil {
			log.Fatal(err)
		}
	}
	if failed > 0 {
		log.Fatalf("%d cases failed", failed)
	}
}
