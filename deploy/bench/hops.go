package main

// module is where the pipeline's own functions are.
const module = "github.com/jetsheet/jetsheet"

// restLabel is for what belongs to no part: the scheduler, timers, the network poller.
const restLabel = "runtime"

// collector comes first: it works for everybody, also inside their functions.
func collector() []part {
	return []part{{"garbage collector", []string{"runtime.gc", "runtime.bgsweep", "runtime.bgscavenge"}}}
}

// packages say whose code runs in the roles' process.
func packages() [][]part {
	return [][]part{collector(), {
		{"nats.go", []string{"github.com/nats-io/"}},
		{"S3 client, net/http", []string{"github.com/aws/", "net/http."}},
		{"pgx", []string{"github.com/jackc/"}},
		{"internal/delivery", []string{module + "/internal/delivery."}},
		{"internal/report", []string{module + "/internal/report."}},
		{"internal/report/query", []string{module + "/internal/report/query."}},
		{"producer", []string{module + "/producer."}},
		{"renderer/xlsx", []string{module + "/renderer/xlsx."}},
		{"renderer", []string{module + "/renderer."}},
		{"uploader", []string{module + "/uploader."}},
		{"contract (root package)", []string{module + "."}},
		{"the benchmark", []string{"main."}},
	}}
}

// hops are the steps of a conversion's way, in its order; then what works for all.
func hops() [][]part {
	delivery, renderer, uploader := module+"/internal/delivery.", module+"/renderer.", module+"/uploader."
	return [][]part{collector(), {
		{"producer: plan, publish, count", []string{module + "/producer."}},
		{"fetch: pulls and dispatch", []string{delivery + "(*dispatcher).run", delivery + "(*puller)"}},
		{"read the message", []string{delivery + "(*Worker).accept", uploader + "eventOf"}},
		{"write the start into progress", []string{delivery + "(*Worker).recordStart"}},
		{"look for DONE", []string{renderer + "(*Renderer).isDone"}},
		{"rows and workbook", []string{"noopRender", renderer + "Render"}},
		{"store the object", []string{renderer + "(*objectWriter)", renderer + "(*objectStore)"}},
		{"publish the rendered event", []string{renderer + "(*Renderer).announce"}},
		{"read the object", []string{uploader + "(*workbooks).open", uploader + "(*workbooks).last"}},
		{"S3 PUT", []string{uploader + "(*bucket).put", uploader + "(*bucket).head"}},
		{"write DONE", []string{uploader + "(*Uploader).record", uploader + "(*Uploader).doneOf"}},
		{"delete the object", []string{uploader + "(*Uploader).clearAway"}},
		{"settle", []string{delivery + "(*Worker).confirm"}},
		{"close progress", []string{delivery + "(*Worker).closeStart"}},
	}, {
		{"the rest of a job", []string{delivery, renderer, uploader}},
		{"NATS connection, reading", []string{"nats.go.(*Conn).readLoop"}},
		{"NATS connection, writing", []string{"nats.go.(*Conn).flusher"}},
		{"S3 connections", []string{"net/http."}},
	}, {
		{"NATS, the rest", []string{"github.com/nats-io/"}},
		{"the benchmark", []string{"main."}},
	}}
}

// serverParts say what the second process does: by request where that is known.
func serverParts() [][]part {
	const server = "github.com/nats-io/nats-server/v2/server."
	return [][]part{collector(), {
		{"S3 server", []string{"net/http.(*conn).serve", "net/http.(*connReader)"}},
		{"NATS: purge", []string{server + "(*Server).jsStreamPurgeRequest"}},
		{"NATS: delete a message", []string{server + "(*Server).jsMsgDeleteRequest"}},
		{"NATS: direct get", []string{server + "(*stream).processDirectGet", server + "(*stream).getDirect"}},
		{"NATS: acknowledgements", []string{server + "(*consumer).processAck", server + "(*consumer).processInboundAcks", server + "(*consumer).loopAndForwardProposals"}},
		{"NATS: pulls", []string{server + "(*consumer).processNextMsg", server + "(*consumer).processInboundNextMsgReqs"}},
		{"NATS: delivering from consumers", []string{server + "(*consumer).loopAndGatherMsgs"}},
		{"NATS: consumer state", []string{server + "(*consumerFileStore)"}},
		{"NATS: storing messages", []string{server + "(*stream).processJetStreamMsg", server + "(*stream).processInboundJetStreamMsg"}},
		{"NATS: flushing stores", []string{server + "(*msgBlock).flushLoop", server + "(*fileStore).flushStreamStateLoop", server + "(*msgBlock).spinUpFlushLoop"}},
		{"NATS: internal sends", []string{server + "(*stream).internalLoop", server + "(*Server).internalSendLoop"}},
		{"NATS: API", []string{server + "(*Server).processJSAPIRoutedRequests", server + "(*jsAPIRoutedReq)", server + "(*Server).js"}},
	}, {
		{"NATS: connection, reading", []string{server + "(*client).readLoop"}},
		{"NATS: connection, writing", []string{server + "(*client).writeLoop", server + "(*client).flushOutbound"}},
	}, {
		{"NATS, the rest", []string{"github.com/nats-io/"}},
		{"S3 server, the rest", []string{"net/http."}},
	}}
}
