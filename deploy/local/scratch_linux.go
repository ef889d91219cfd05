package local

import "syscall"

// tmpfsMagic is the type of a file system that lies in memory.
const tmpfsMagic = 0x01021994

// freeMemory returns the bytes that fit into a file system in memory, 0 if dir is none that can be used.
func freeMemory(dir string) uint64 {
	const write, enter = 2, 1
	if syscall.Access(dir, write|enter) != nil {
		return 0
	}
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil || stat.Type != tmpfsMagic || stat.Bsize <= 0 {
		return 0
	}
	return stat.Bavail * uint64(stat.Bsize)
}
