"""The walks: what each kind of range looks at, cut into steps that are written one by one."""
