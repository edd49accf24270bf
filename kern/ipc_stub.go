package kern

type procIPC struct{}

func sysctlIPC() []*SysctlNode    { return nil }
func sysctlMqueue() []*SysctlNode { return nil }
func sysctlKsem() []*SysctlNode   { return nil }
