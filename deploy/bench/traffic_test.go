package main

import (
	"fmt"
	"testing"
)

// TestProtocol feeds one stream of operations in pieces of every size.
func TestProtocol(t *testing.T) {
	t.Parallel()
	stream := "CONNECT {}\r\nPUB conversions.done.run.tenant.site _INBOX.a.b 5\r\nMSG x\r\nHPUB $KV.progress.renderer.run.x 12 17\r\nNATS/1.0\r\n\r\n" +
		"hello\r\nPING\r\nMSG _INBOX.a.b 3 0\r\n\r\nPUB $JS.ACK.RENDERED.uploader.1.2.3 _INBOX.a.c 4\r\n+ACK\r\n"
	want := map[string]counted{
		"CONNECT": {1, 0}, "PING": {1, 0}, "conversions.done": {1, 5}, "$KV.progress.renderer": {1, 17}, "answers": {1, 0},
		"$JS.ACK.RENDERED.uploader": {1, 4},
	}
	for size := 1; size <= len(stream); size++ {
		got := newTraffic()
		p := protocol{add: got.add}
		for begin := 0; begin < len(stream); begin += size {
			p.see([]byte(stream[begin:min(begin+size, len(stream))]))
		}
		if counts := got.snapshot(); fmt.Sprint(counts) != fmt.Sprint(want) {
			t.Fatalf("in pieces of %d: %v, want %v", size, counts, want)
		}
	}
}

func TestSubjectKind(t *testing.T) {
	t.Parallel()
	for subject, want := range map[string]string{
		"conversions.request.small.run.tenant.site":                 "conversions.request.small",
		"$JS.API.CONSUMER.MSG.NEXT.CONVERSIONS.renderer-small":      "$JS.API.CONSUMER.MSG.NEXT.CONVERSIONS.renderer-small",
		"$JS.API.DIRECT.GET.DONE.conversions.done.run.tenant.site":  "$JS.API.DIRECT.GET.DONE",
		"$JS.API.STREAM.PURGE.OBJ_workbooks":                        "$JS.API.STREAM.PURGE.OBJ_workbooks",
		"$JS.API.STREAM.MSG.GET.KV_runs":                            "$JS.API.STREAM.MSG.GET.KV_runs",
		"$JS.API.CONSUMER.CREATE.DONE.name.conversions.done.run.>":  "$JS.API.CONSUMER.CREATE.DONE",
		"$O.workbooks.M.cnVuLnRlbmFudC50YXJnZXQ=":                   "$O.workbooks.M",
		"$JS.ACK.CONVERSIONS.renderer-small.1.100.200.1700000000.0": "$JS.ACK.CONVERSIONS.renderer-small",
	} {
		if got := subjectKind(subject); got != want {
			t.Errorf("subjectKind(%q) = %q, want %q", subject, got, want)
		}
	}
}
