package producer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// triggerTTL bounds how long a fired trigger waits for a producer. It is only a
// wake-up: a producer that starts later walks the calendars anyway.
const triggerTTL = 10 * time.Minute

// Headers in which the server keeps a schedule.
const (
	headerSchedule         = "Nats-Schedule"
	headerScheduleTimeZone = "Nats-Schedule-Time-Zone"
)

// syncSchedules makes the schedules in JetStream match the applied reports. It
// compares first: publishing a schedule again would start it anew.
func (p *Producer) syncSchedules(ctx context.Context) error {
	wanted := map[string]bool{}
	for _, a := range p.book.scheduled() {
		subject := jetsheet.ScheduleSubject(a.definition.Name)
		wanted[subject] = true
		calendar := a.definition.Schedule.Calendar
		if err := p.putSchedule(ctx, subject, a.definition.Name, calendar.SixField(), calendar.Zone().String()); err != nil {
			return err
		}
	}
	for _, name := range p.book.unread() {
		wanted[jetsheet.ScheduleSubject(name)] = true // a newer build's: not ours to remove
	}
	info, err := p.triggers.Info(ctx, jetstream.WithSubjectFilter(jetsheet.SubjectSchedules))
	if err != nil {
		return delivery.NotSetUp("stream "+jetsheet.StreamTriggers, err)
	}
	for subject := range info.State.Subjects {
		if wanted[subject] {
			continue
		}
		if err := p.triggers.Purge(ctx, jetstream.WithPurgeSubject(subject)); err != nil {
			return fmt.Errorf("remove schedule %s: %w", subject, err)
		}
		p.log.InfoContext(ctx, "schedule removed", slog.String("subject", subject))
	}
	return nil
}

func (p *Producer) putSchedule(ctx context.Context, subject, name, cron, zone string) error {
	have, err := p.triggers.GetLastMsgForSubject(ctx, subject)
	if err == nil && have.Header.Get(headerSchedule) == cron && have.Header.Get(headerScheduleTimeZone) == zone {
		return nil
	}
	if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		return delivery.NotSetUp("schedule "+subject, err)
	}
	_, err = p.js.PublishMsg(ctx, &nats.Msg{Subject: subject, Data: []byte(name), Header: nats.Header{}},
		jetstream.WithScheduleCron(cron), jetstream.WithScheduleTimeZone(zone),
		jetstream.WithScheduleTarget(jetsheet.TriggerSubject(name)), jetstream.WithScheduleTTL(triggerTTL))
	if err != nil {
		return fmt.Errorf("publish schedule %s (%s, %s): %w", subject, cron, zone, err)
	}
	p.log.InfoContext(ctx, "schedule set", slog.String("report", name), slog.String("cron", cron), slog.String("time_zone", zone))
	return nil
}

// readTriggers turns fired schedules into wake-ups. A trigger carries no decision,
// so it is acknowledged as it comes: where this producer dies before it acts, the
// next one walks the calendars when it starts.
func (p *Producer) readTriggers(ctx context.Context) {
	var said delivery.Complaint
	for ctx.Err() == nil {
		began := time.Now()
		if err := p.consumeTriggers(ctx, &said); err != nil && ctx.Err() == nil {
			p.tell(ctx, jetsheet.StreamTriggers, began, refused(jetsheet.StreamTriggers, err))
			if said.Changed(err) {
				p.log.WarnContext(ctx, "triggers cannot be read, trying again", slog.Any("err", err))
			}
			wait(ctx, time.Second)
		}
	}
}

func (p *Producer) consumeTriggers(ctx context.Context, said *delivery.Complaint) error {
	c, err := p.js.Consumer(ctx, jetsheet.StreamTriggers, jetsheet.ConsumerProducer)
	if err != nil {
		return delivery.NotSetUp("consumer "+jetsheet.StreamTriggers+"/"+jetsheet.ConsumerProducer, err)
	}
	msgs, err := c.Messages(jetstream.PullMaxMessages(1))
	if err != nil {
		return err
	}
	p.tell(ctx, jetsheet.StreamTriggers, time.Now(), nil)
	said.Changed(nil)
	stop := context.AfterFunc(ctx, msgs.Stop)
	defer stop()
	defer msgs.Stop()
	for {
		m, err := msgs.Next()
		if err != nil {
			if errors.Is(err, jetstream.ErrMsgIteratorClosed) {
				return nil
			}
			return err
		}
		p.log.DebugContext(ctx, "trigger", slog.String("subject", m.Subject()))
		if err := m.Ack(); err != nil {
			p.log.DebugContext(ctx, "trigger not acknowledged", slog.Any("err", err))
		}
		p.nudge()
	}
}
