package suite

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
)

//go:embed report.html
var reportText string

// The data of report.html.
type (
	htmlPage struct {
		Title, Subtitle, Summary string
		Columns                  []htmlWord
		Machines                 []htmlMachine
		Sections                 []htmlSection
		Details                  []htmlDetail
	}
	htmlWord    struct{ Word, Class string }
	htmlMachine struct {
		Label   string
		Counts  []htmlCount
		Seconds float64
	}
	htmlCount struct {
		N     int
		Class string
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
	t, err := template.New("report").Parse(reportText)
	if err != nil {
		return err
	}
	return t.Execute(w, rep.page())
}

func (rep *Report) page() *htmlPage {
	p := &htmlPage{Title: "Test suite on nbemu", Summary: Counts(rep.Count())}
	p.Subtitle = fmt.Sprintf("nbemu %s, %s: %s", rep.Nbemu, rep.Started.UTC().Format("2006-01-02 15:04 UTC"), strings.Join(rep.Args, " "))
	if len(rep.Shards) > 1 {
		p.Subtitle += fmt.Sprintf(" (%d parts)", len(rep.Shards))
	} else if rep.Shard != "" && rep.Shard != Whole.String() {
		p.Subtitle += " (part " + rep.Shard + ")"
	}
	if n := rep.Cases; len(rep.Results) < n {
		p.Summary += fmt.Sprintf("; %d of %d cases have no result", n-len(rep.Results), n)
	}
	for _, c := range htmlClasses {
		p.Columns = append(p.Columns, htmlWord{c.word, c.class})
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
		m.Counts = append(m.Counts, htmlCount{n[c.class], c.class})
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
