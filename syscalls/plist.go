package syscalls

import (
	"strconv"
	"strings"
)

// isDictionary reports whether s is a property list with a dictionary, as prop_dictionary_internalize(3) takes it.
func isDictionary(s string) bool {
	p := plist{rest: strings.TrimLeft(s, plistSpace)}
	for strings.HasPrefix(p.rest, "<?") || strings.HasPrefix(p.rest, "<!") { // what stands before the list
		end := ">"
		if strings.HasPrefix(p.rest, "<!--") {
			end = "-->"
		}
		_, after, found := strings.Cut(p.rest, end)
		if !found {
			return false
		}
		p.rest = strings.TrimLeft(after, plistSpace)
	}
	if t := p.tag(); t.name != "plist" || t.empty || t.attr != "" && t.attr != `version="1.0"` {
		return false
	}
	t := p.tag()
	return t.name == "dict" && p.value(t, plistDepth) && p.tag().name == "/plist"
}

const (
	plistSpace = " \t\r\n"
	plistDepth = 16 // of what is in what is in a dictionary
)

// plist is what is left of a property list.
type plist struct{ rest string }

// plistTag is a tag: its name, with a slash where it ends something, what else it says, and whether it is all there is.
type plistTag struct {
	name, attr string
	empty      bool
}

// tag takes the next tag; without one there is no name.
func (p *plist) tag() plistTag {
	p.rest = strings.TrimLeft(p.rest, plistSpace)
	for strings.HasPrefix(p.rest, "<!--") {
		_, after, _ := strings.Cut(p.rest, "-->")
		p.rest = strings.TrimLeft(after, plistSpace)
	}
	inner, after, found := strings.Cut(p.rest, ">")
	if !found || !strings.HasPrefix(inner, "<") {
		return plistTag{}
	}
	p.rest = after
	inner, empty := strings.CutSuffix(inner[1:], "/")
	name, attr, _ := strings.Cut(inner, " ")
	return plistTag{name, strings.TrimSpace(attr), empty}
}

// text takes what stands before the end of name.
func (p *plist) text(name string) (text string, ok bool) {
	text, after, found := strings.Cut(p.rest, "</"+name+">")
	p.rest = after
	return text, found && !strings.Contains(text, "<")
}

// value takes a value whose tag was read, and reports whether it is one.
func (p *plist) value(t plistTag, depth int) bool {
	switch t.name {
	case "true", "false":
		return t.empty
	case "dict", "array":
		if t.empty {
			return true
		}
		return depth > 0 && p.members(t.name, depth-1)
	case "string", "data":
		if t.empty {
			return true
		}
		_, ok := p.text(t.name)
		return ok
	case "integer":
		text, ok := p.text(t.name)
		_, signed := strconv.ParseInt(text, 0, 64)
		_, unsigned := strconv.ParseUint(text, 0, 64)
		return ok && !t.empty && (signed == nil || unsigned == nil)
	}
	return false
}

// members takes the members of a dictionary, which have keys, or of an array, and its end.
func (p *plist) members(of string, depth int) bool {
	for {
		t := p.tag()
		switch {
		case t.name == "/"+of:
			return true
		case of == "dict":
			if key, ok := p.text("key"); t.name != "key" || t.empty || !ok || key == "" {
				return false
			}
			t = p.tag()
		}
		if !p.value(t, depth) {
			return false
		}
	}
}
