package strace

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// count is what the table of -c has of one call.
type count struct {
	name           string
	calls, errors  int
	took, min, max time.Duration
	first          int // how many other calls had been made before its first
}

// avg is how long one call took.
func (c *count) avg() time.Duration { return c.took / time.Duration(max(c.calls, 1)) }

// count counts a call that has returned. What -O takes off is not counted.
func (out *Output) count(e *Event) {
	c := out.counts[e.Name]
	if c == nil {
		c = &count{name: e.Name, first: len(out.counts)}
		out.counts[e.Name] = c
	}
	took := max(0, e.Took-out.o.Overhead)
	if c.calls == 0 || took < c.min {
		c.min = took
	}
	c.max = max(c.max, took)
	c.calls++
	c.took += took
	if e.Errno != "" {
		c.errors++
	}
}

// sorts are what -S takes, by all of strace's words, and how two calls compare. Where they are equal their names decide.
var sorts = map[string]func(a, b *count) int{}

// columns are what -U takes, by all of strace's words.
var columns = map[string]*column{}

// column is one of the table's.
type column struct {
	title string
	width int
	left  bool // its text is at the left
	text  func(c, total *count) string
}

func init() {
	more := func(f func(c *count) int64) func(a, b *count) int {
		return func(a, b *count) int { return cmp.Compare(f(b), f(a)) }
	}
	took := func(f func(c *count) time.Duration) func(a, b *count) int {
		return more(func(c *count) int64 { return int64(f(c)) })
	}
	seconds := func(f func(c *count) time.Duration) func(c, _ *count) string {
		return func(c, _ *count) string { return fmt.Sprintf("%.6f", f(c).Seconds()) }
	}
	all := func(c *count) time.Duration { return c.took }
	shortest := func(c *count) time.Duration { return c.min }
	longest := func(c *count) time.Duration { return c.max }
	for _, k := range []struct {
		words  string
		order  func(a, b *count) int
		column *column
	}{
		{"time-percent time_percent", took(all), &column{"% time", 6, false, share}},
		{"total-time total_time time time-total time_total", took(all), &column{"seconds", 11, false, seconds(all)}},
		{"min-time min_time shortest", took(shortest), &column{"shortest", 8, false, seconds(shortest)}},
		{"max-time max_time longest", took(longest), &column{"longest", 8, false, seconds(longest)}},
		{"avg-time avg_time", took((*count).avg), &column{"usecs/call", 11, false, func(c, _ *count) string { return fmt.Sprint(c.avg().Microseconds()) }}},
		{"calls count", more(func(c *count) int64 { return int64(c.calls) }), &column{"calls", 9, false, func(c, _ *count) string { return fmt.Sprint(c.calls) }}},
		{"errors error", more(func(c *count) int64 { return int64(c.errors) }), &column{"errors", 9, false, func(c, _ *count) string {
			if c.errors == 0 {
				return ""
			}
			return fmt.Sprint(c.errors)
		}}},
		{"name syscall syscall-name syscall_name", func(a, b *count) int { return 0 }, &column{"syscall", 16, true, func(c, _ *count) string { return c.name }}},
	} {
		for _, w := range strings.Fields(k.words) {
			sorts[w], columns[w] = k.order, k.column
		}
	}
	for _, w := range []string{"nothing", "none"} {
		sorts[w] = func(a, b *count) int { return cmp.Compare(a.first, b.first) }
	}
}

// share is a call's part of all the time, in percent.
func share(c, total *count) string {
	if total.took <= 0 {
		if c == total {
			return "100.00"
		}
		return "0.00"
	}
	return fmt.Sprintf("%.2f", 100*float64(c.took)/float64(total.took))
}

// setSort takes what the table is sorted by.
func (o *Options) setSort(value string) error {
	if sorts[value] == nil {
		return fmt.Errorf("-S %s: one of time, min-time, max-time, avg-time, calls, errors, name, nothing", value)
	}
	o.Sort = value
	return nil
}

// setColumns takes the columns of the table, separated by commas. The call's name is always among them.
func (o *Options) setColumns(value string) error {
	o.columns = nil
	for _, w := range strings.Split(value, ",") {
		k := columns[w]
		if k == nil {
			return fmt.Errorf("-U %s: some of time-percent, total-time, min-time, max-time, avg-time, calls, errors, name", w)
		}
		if slices.Contains(o.columns, k) {
			return fmt.Errorf("-U %s: %s is there twice", value, w)
		}
		o.columns = append(o.columns, k)
	}
	if name := columns["name"]; !slices.Contains(o.columns, name) {
		o.columns = append(o.columns, name)
	}
	return nil
}

// table is strace's: what took longest comes first.
func (out *Output) table() string {
	shown := out.o.columns
	if shown == nil {
		for _, w := range []string{"time-percent", "total-time", "avg-time", "calls", "errors", "name"} {
			shown = append(shown, columns[w])
		}
	}
	order := sorts[cmp.Or(out.o.Sort, "time")]
	total, rows := &count{name: "total"}, make([]*count, 0, len(out.counts))
	for _, c := range out.counts {
		rows = append(rows, c)
		if total.calls == 0 || c.min < total.min {
			total.min = c.min
		}
		total.max = max(total.max, c.max)
		total.calls += c.calls
		total.errors += c.errors
		total.took += c.took
	}
	slices.SortFunc(rows, func(a, b *count) int { return cmp.Or(order(a, b), strings.Compare(a.name, b.name)) })
	widths := make([]int, len(shown))
	for i, k := range shown {
		widths[i] = k.width
		for _, c := range rows {
			widths[i] = max(widths[i], len(k.text(c, total)))
		}
	}
	var b strings.Builder
	line := func(text func(k *column) string) {
		for i, k := range shown {
			form := "%*s"
			if k.left {
				form = "%-*s"
			}
			if i > 0 {
				b.WriteByte(' ')
			}
			if last := i == len(shown)-1; last && k.left {
				b.WriteString(text(k))
				continue
			}
			fmt.Fprintf(&b, form, widths[i], text(k))
		}
		b.WriteByte('\n')
	}
	rule := func() {
		for i := range shown {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(strings.Repeat("-", widths[i]))
		}
		b.WriteByte('\n')
	}
	line(func(k *column) string { return k.title })
	rule()
	for _, c := range rows {
		line(func(k *column) string { return k.text(c, total) })
	}
	rule()
	line(func(k *column) string { return k.text(total, total) })
	return b.String()
}
