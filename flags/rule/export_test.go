package rule

// Murmur3 is the hash of fractional.
func Murmur3(data []byte) uint32 { return murmur3(data) }
