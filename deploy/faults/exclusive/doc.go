// Package exclusive plays the real code that decides which system makes a tenant's
// workbooks, flags.Freeze, flags.Load, flags.Routes, ops.Ticks and uploader.Records, in
// seeded schedules: two copies of each system, people who make runs again, an operator who
// moves tenants and changes the report's schedule, crashes, lost answers, restarts of the
// server, and the loss of all of NATS. The model beside it shows that the rules are right, this that the code has
// them.
//
//	go test ./deploy/faults/exclusive -run TestExclusive -v
//	JETSHEET_TEST_SCHEDULES=100000 go test ./deploy/faults/exclusive -run TestExclusive -timeout 1h
//	JETSHEET_TEST_SEED=17 go test ./deploy/faults/exclusive -run TestExclusive
//
// KV and S3 are stand-ins in memory, because a schedule is only repeated where every
// call is a turn. They are held to the real servers by TestBucket and TestRecords.
package exclusive
