// Package localtest gives tests real parts: a PostgreSQL database, a NATS server, a bucket, each their own and gone
// when the test ends. Every test can run in parallel with every other.
//
// A package that uses it has
//
//	func TestMain(m *testing.M) { localtest.Main(m) }
//
// by which all its tests share one PostgreSQL server, which is stopped after the last of them, and by which the
// variables that name real systems are set to traps first.
package localtest
