package suite

import (
	"bufio"
	_ "embed"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
)

// The parts of the page that are the same for all results.
var (
	//go:embed report-head.html
	htmlHead string
	//go:embed report-form.html
	htmlForm string
	//go:embed report-script.html
	htmlScript string
)

// The content of the page. It is written by hand: package html/template would keep every method of every type in the
// binary, which are two megabytes.
type (
	htmlPage struct {
		Title, Subtitle, Summary string
		Machines                 []htmlMachine
		Sections                 []htmlSection
		Details                  []htmlDetail
	}
	htmlMachine struct {
		Label   string
		Counts  []int // as htmlClasses
		Seconds float64
	}
	htmlSection struct {
		Title string
		Rows  []*htmlRow
	}
	htmlRow struct {
		Name           string
		Differs, Fails bool
		Cells          []htmlCell
	}
	htmlCell   struct{ Class, Sign, Tip, Detail string }
	htmlDetail struct {
		ID, Title, Class, Outcome, Reason, Facts, Trace string
		Output                                          []htmlText
	}
	htmlText struct{ Name, Text string }
)

// htmlClasses are what cells and counts show, with their signs, in the order of the table of machines.
var htmlClasses = []struct{ class, word, sign string }{
	{string(Passed), "passed", "✓"}, {string(Failed), "failed", "F"}, {string(Broken), "broken", "B"}, {string(Skipped), "skipped", "s"},
	{string(ExpectedFailure), "expected", "x"}, {"known", "known", "k"}, {"flaky", "flaky", "~"},
}

// class is how a result is shown.
func (r *Result) class() string {
	switch {
	case !r.Good() && r.Known != "":
		return "known"
	case r.Flaky:
		return "flaky"
	}
	return string(r.Outcome)
}

func htmlSign(class string) string {
	for _, c := range htmlClasses {
		if c.class == class {
			return c.sign
		}
	}
	return "?"
}

// WriteHTML writes a page that compares machines: a row for each case, those that differ first.
func (rep *Report) WriteHTML(w io.Writer) error {
	b := &htmlWriter{w: bufio.NewWriter(w)}
	b.page(rep.page())
	return b.w.Flush()
}

// htmlWriter writes the page. Errors are kept by the bufio.Writer.
type htmlWriter struct{ w *bufio.Writer }

// put writes markup with values, which are escaped.
func (b *htmlWriter) put(markup string, values ...any) {
	for i, v := range values {
		if s, ok := v.(string); ok {
			values[i] = html.EscapeString(s)
		}
	}
	fmt.Fprintf(b.w, markup, values...)
}

func (b *htmlWriter) page(p *htmlPage) {
	b.w.WriteString(htmlHead)
	b.put("<h1>%s</h1>\n<p class=\"dim\">%s</p>\n<p>%s</p>\n\n<h2>Machines</h2>\n", p.Title, p.Subtitle, p.Summary)
	b.put("<div class=\"wide\"><table id=\"machines\">\n<thead><tr><th>machine</th>")
	for _, c := range htmlClasses {
		b.put("<th>%s</th>", c.word)
	}
	b.put("<th>seconds</th></tr></thead>\n<tbody>\n")
	for _, m := range p.Machines {
		b.put("<tr><td>%s</td>", m.Label)
		for i, n := range m.Counts {
			class := ""
			if n != 0 {
				class = " " + htmlClasses[i].class
			}
			b.put("<td class=\"n%s\">%d</td>", class, n)
		}
		b.put("<td class=\"n\">%.1f</td></tr>\n", m.Seconds)
	}
	b.put("</tbody></table></div>\n\n")
	b.w.WriteString(htmlForm)
	for _, s := range p.Sections {
		b.section(&s, p.Machines)
	}
	for _, d := range p.Details {
		b.detail(&d)
	}
	b.w.WriteString(htmlScript)
}

func (b *htmlWriter) section(s *htmlSection, machines []htmlMachine) {
	if len(s.Rows) == 0 {
		return
	}
	b.put("<section class=\"part\"><h2>%s (%d)</h2>\n<div class=\"wide\"><table class=\"matrix\">\n<thead><tr><th>case</th>", s.Title, len(s.Rows))
	for _, m := range machines {
		b.put("<th class=\"m\">%s</th>", m.Label)
	}
	b.put("</tr></thead>\n<tbody>\n")
	for _, r := range s.Rows {
		b.put("<tr data-name=\"%s\"", r.Name)
		if r.Differs {
			b.put(" data-differs")
		}
		if r.Fails {
			b.put(" data-fails")
		}
		b.put("><td>%s</td>", r.Name)
		for _, c := range r.Cells {
			b.put("<td class=\"c %s\"", c.Class)
			if c.Tip != "" {
				b.put(" title=\"%s\"", c.Tip)
			}
			if c.Detail != "" {
				b.put("><a href=\"#%s\">%s</a></td>", c.Detail, c.Sign)
			} else {
				b.put(">%s</td>", c.Sign)
			}
		}
		b.put("</tr>\n")
	}
	b.put("</tbody></table></div></section>\n")
}

func (b *htmlWriter) detail(d *htmlDetail) {
	b.put("<section class=\"detail\" id=\"%s\"><a class=\"close\" href=\"#top\" title=\"close\">✕</a>\n<h3>%s</h3>\n", d.ID, d.Title)
	b.put("<p class=\"%s\"><b>%s</b>", d.Class, d.Outcome)
	if d.Reason != "" {
		b.put(": %s", d.Reason)
	}
	b.put("</p>\n<p class=\"dim\">%s</p>\n<div class=\"sides\"><div>\n", d.Facts)
	for _, o := range d.Output {
		b.put("<b>%s</b><pre>%s</pre>\n", o.Name, o.Text)
	}
	if len(d.Output) == 0 {
		b.put("<p class=\"dim\">It wrote nothing.</p>\n")
	}
	b.put("</div><div>\n")
	if d.Trace != "" {
		b.put("<b>last system calls</b><pre>%s</pre>\n", d.Trace)
	} else {
		b.put("<p class=\"dim\">No trace was kept.</p>\n")
	}
	b.put("</div></div></section>\n")
}

func (rep *Report) page() *htmlPage {
	p := &htmlPage{Title: "Test suite on nbemu", Summary: Counts(rep.Count())}
	p.Subtitle = fmt.Sprintf("nbemu %s, %s: %s", rep.Nbemu, rep.Started.UTC().Format("2006-01-02 15:04 UTC"), relative(strings.Join(rep.Args, " "), rep.Dir))
	if len(rep.Shards) > 1 {
		p.Subtitle += fmt.Sprintf(" (%d parts)", len(rep.Shards))
	} else if rep.Shard != "" && rep.Shard != Whole.String() {
		p.Subtitle += " (part " + rep.Shard + ")"
	}
	if n := rep.Cases; len(rep.Results) < n {
		p.Summary += fmt.Sprintf("; %d of %d cases have no result", n-len(rep.Results), n)
	}
	labels := rep.labels()
	for _, l := range labels {
		p.Machines = append(p.Machines, rep.machine(l))
	}
	differ := htmlSection{Title: "Not the same on all machines"}
	bad := htmlSection{Title: "The same on all machines, and wrong"}
	same := htmlSection{Title: "The same on all machines"}
	for _, row := range rep.rows(labels, &p.Details) {
		switch {
		case row.Differs:
			differ.Rows = append(differ.Rows, row)
		case row.Fails:
			bad.Rows = append(bad.Rows, row)
		default:
			same.Rows = append(same.Rows, row)
		}
	}
	p.Sections = []htmlSection{differ, bad, same}
	return p
}

// labels lists the machines that there are results of.
func (rep *Report) labels() (out []string) {
	for _, r := range rep.Results {
		if !slices.Contains(out, r.Label) {
			out = append(out, r.Label)
		}
	}
	slices.Sort(out)
	return out
}

func (rep *Report) machine(label string) htmlMachine {
	m := htmlMachine{Label: label}
	n := map[string]int{}
	for _, r := range rep.Results {
		if r.Label == label {
			n[r.class()]++
			m.Seconds += r.Took.Seconds()
		}
	}
	for _, c := range htmlClasses {
		m.Counts = append(m.Counts, n[c.class])
	}
	return m
}

// rows makes the matrix; what is not simply passed gets a detail.
func (rep *Report) rows(labels []string, details *[]htmlDetail) []*htmlRow {
	type key struct {
		name string
		run  int
	}
	results := map[key]map[string]*Result{}
	var order []key
	for _, r := range rep.Results {
		k := key{r.Key(), r.Run}
		if results[k] == nil {
			results[k] = map[string]*Result{}
			order = append(order, k)
		}
		results[k][r.Label] = r
	}
	var rows []*htmlRow
	for _, k := range order {
		row := &htmlRow{Name: k.name}
		if k.run != 0 {
			row.Name += fmt.Sprintf(" #%d", k.run)
		}
		first := ""
		for _, l := range labels {
			cell := htmlCell{Class: "none", Sign: "·", Tip: l + ": not there"}
			if r := results[k][l]; r != nil {
				cell = r.cell(details)
				row.Fails = row.Fails || !r.Good()
				if first == "" {
					first = cell.Class
				}
				row.Differs = row.Differs || cell.Class != first
			}
			row.Cells = append(row.Cells, cell)
		}
		rows = append(rows, row)
	}
	return rows
}

func (r *Result) cell(details *[]htmlDetail) htmlCell {
	c := htmlCell{Class: r.class()}
	c.Sign = htmlSign(c.Class)
	if c.Class == string(Passed) {
		return c
	}
	c.Tip = Line(r)
	c.Detail = fmt.Sprintf("d%d", len(*details)+1)
	d := htmlDetail{ID: c.Detail, Title: r.ID(), Class: c.Class, Outcome: strings.ReplaceAll(string(r.Outcome), "_", " "),
		Reason: r.Reason, Trace: strings.Join(r.Trace, "\n"), Facts: r.facts()}
	for _, o := range []htmlText{{"standard output", r.Stdout}, {"standard error", r.Stderr}, {"kernel", strings.Join(r.Log, "\n")}} {
		if o.Text != "" {
			d.Output = append(d.Output, o)
		}
	}
	*details = append(*details, d)
	return c
}

// facts are what is to be known of how a result came about.
func (r *Result) facts() string {
	f := []string{string(r.Kind), r.Start.UTC().Format("15:04:05 UTC"), fmt.Sprintf("%.3f s", r.Took.Seconds())}
	if r.Seed != 0 {
		f = append(f, fmt.Sprintf("seed %d", r.Seed))
	}
	if r.Known != "" {
		f = append(f, "known: "+r.Known)
	}
	for i, v := range r.Failed {
		f = append(f, fmt.Sprintf("try %d: %s", i+1, v.Reason))
	}
	return strings.Join(f, " · ")
}
