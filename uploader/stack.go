package uploader

// deepStack is what the AWS SDK's calls take of a goroutine's stack.
const deepStack = 16 << 10

// growStack makes the goroutine's stack large enough for a call of the AWS SDK while
// there is little on it. The SDK goes through some hundred functions before it sends:
// in a job's new goroutine the stack grew several times on the way, each time copied
// with all of them on it, which was 8 % of the CPU time of a small workbook's whole
// way.
//
//go:noinline
func growStack(at int) byte {
	var room [deepStack]byte
	room[at%deepStack]++ // or the compiler leaves the array out
	return room[(at+1)%deepStack]
}
