package localtest

// Unused is an address at which nothing listens. Its port is never given to who asks for a free one; one that was free a
// moment ago is, to the next of many tests that run at once.
const Unused = "127.0.0.1:1"
