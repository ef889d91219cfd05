// Package model is a randomised model of jetsheet's coordination: who freezes, plans,
// publishes, renders, uploads and tries again, without a server, a socket or a clock.
//
// Each process is written as a sequential function, step by step what the stages do. A
// step is one effect or one read outside the process. A seeded scheduler picks whose
// step is next and what meets it: an answer that is lost, a crash before or after, a
// publish that arrives twice, a shutdown, a stop long enough for another worker to take
// over, a hung job, heartbeats that do not get through. Meanwhile flags flip, targets
// come and go, workbooks and plans are lost or damaged, all data of JetStream is wiped,
// and people replay, cancel and make again. Then the faults stop, and everything has to
// settle.
//
// At every instant must hold: a conversion that was queued is pending, failed or done; a
// workbook is published once, whole, as its own and never over a newer one; DONE agrees
// with S3; a FAILED record is true; no event is left without its workbook; no message is
// delivered again while its worker is well; no run is closed while something pends; never
// do both systems make a workbook. In the end: every run is closed, one system has made
// every workbook, and what had failed is done once it was mended and replayed.
//
// A [Bug] switches one rule off; each must be found, or the model would prove nothing.
// See DESIGN.md for what the model leaves out.
//
//	go test ./deploy/faults/model
//	go run ./deploy/faults/model/explore --seeds 20000
package model
