//go:build unix

// Command chaos runs a whole jetsheet of real processes, does to it what a bad night does,
// and checks that nothing was lost, made twice or changed:
//
//	go run ./deploy/faults/chaos --seed 7 --seconds 60
//
//	workload ──► jetsheet producer, renderer, uploader ×2, ops    killed, stopped, frozen
//	sampler        │  TCP proxy per role      │ HTTP proxy
//	               ▼                          ▼
//	             nats-server, PostgreSQL     S3                   killed, refusing, silent
//
// What happens, and when, to whom and for how long, is a function of the seed alone; it is
// printed first, with the command that plays it again. Which message a fault meets depends
// on the machine: a seed plays the same night, not the same instant.
//
// When the faults are over, everything has to settle by itself. Then every run must be
// closed and sound (jetsheet verify --deep), every key hold one object of the newest run,
// every comparison with the previous system find the two equal, every failure be planned
// or mended by a replay, and every process end on a signal. At every instant in between,
// each expected conversion was done, failed or pending, and no outcome changed.
//
// See DESIGN.md for why it is as it is, and what it finds.
//
// Exit code 0: no violation, 3: violations, 1: the harness itself failed, 130: it was
// interrupted.
package main
