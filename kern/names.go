package kern

import "os"

// Names are what a machine is called, and other values that only sysctl sets.
type Names struct {
	domainname  string
	DefCorename string // kern.defcorename
	Forkfsleep  int32  // kern.forkfsleep
}

// Hostname is the machine's name (kern.hostname).
func (k *Kernel) Hostname() string {
	if k.Config.Hostname == "" {
		k.Config.Hostname, _ = os.Hostname()
	}
	return k.Config.Hostname
}

// SetHostname changes it, for who is allowed to.
func (k *Kernel) SetHostname(s string) { k.Config.Hostname = s }

// Domainname is the NIS domain (kern.domainname).
func (k *Kernel) Domainname() string { return k.domainname }

func (k *Kernel) SetDomainname(s string) { k.domainname = s }

// Release is kern.osrelease.
func (k *Kernel) Release() string {
	if k.Config.Osrelease != "" {
		return k.Config.Osrelease
	}
	if k.Config.Release == "" {
		return "10.0"
	}
	return k.Config.Release
}

// OSVersion is kern.version: the line that a kernel prints first.
func (k *Kernel) OSVersion() string {
	if k.Config.OSVersion != "" {
		return k.Config.OSVersion
	}
	return "NetBSD " + k.Release() + " (GENERIC)\n"
}

// NGroups is how many supplementary groups a process can have (NGROUPS_MAX).
const NGroups = 16
