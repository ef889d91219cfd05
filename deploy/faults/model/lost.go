package model

import "errors"

// askAgain deals with an event whose workbook is lost: unless the conversion is done
// after all, it is rendered again, and the event kept until that is sure.
func (u *uploader) askAgain(j *job, onS3 bool) error {
	w, isDone := u.a.w, false
	if err := u.a.do(j.conv, "read DONE", func() error { isDone = w.done[j.conv] != nil; return nil }); err != nil || isDone {
		return err
	}
	if onS3 {
		out, _, err := u.lookAt(j)
		if err != nil {
			return err
		}
		if out != nil {
			return u.record(j, out)
		}
	}
	if j.attempt > maxAttempts {
		return &failing{lostOne, true}
	}
	err := u.a.do(j.conv, "request again", func() error {
		m := &message{conv: j.conv, lane: planned, attempts: j.attempt, replayed: j.replayed, compare: j.compare}
		return w.conversions.publish(m, w.requestID(j.conv))
	})
	if !errors.Is(err, errRefused) || w.bug == TrustQueued {
		return ignoreRefused(err)
	}
	return u.checkQueued(j)
}

// checkQueued: a queued request that is older than the event may be the very one that
// it was rendered from, and about to go.
func (u *uploader) checkQueued(j *job) error {
	younger := false
	err := u.a.do(j.conv, "read the queued request", func() error {
		m := u.a.w.conversions.last(planned, j.conv)
		younger = m != nil && m.step > j.step
		return nil
	})
	if err != nil || younger {
		return err
	}
	return &failing{lostOne, false}
}

// requestID is a request's Msg-Id: none.
func (w *world) requestID(c conv) int {
	if w.bug == RequestMsgID {
		return int(c) + 1
	}
	return 0
}

func ignoreRefused(err error) error {
	if errors.Is(err, errRefused) {
		return nil
	}
	return err
}
