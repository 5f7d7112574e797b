package device

import (
	"context"
	"errors"
	"fmt"

	"gongzhi/internal/fault"
	"gongzhi/internal/mqtt"
)

// Wire is what a broker of package mqtt asks of this service.
func (s *Service) Wire(o mqtt.Options) mqtt.Options {
	o.Prefix, o.Known, o.Receive, o.Dropped = "devices", s.known, s.receive, s.missed
	return o
}

func (s *Service) known(ctx context.Context, name, secret string) bool {
	o, ok, err := s.holder(ctx, secret)
	return err == nil && ok && o == Owner{OfDevice, name}
}

// receive keeps a message before the broker acknowledges it.
func (s *Service) receive(ctx context.Context, name string, payload []byte) error {
	who := Owner{OfDevice, name}
	r, err := ParseMessage(name, payload)
	if err != nil {
		return errors.Join(err, s.Drop(ctx, name, DropMalformed, payload))
	}
	got, err := s.Take(ctx, who, r, payload)
	switch {
	case err != nil && s.Failed(ctx, who, r.Origin+" "+r.Event, payload, err):
		return errors.Join(mqtt.ErrBusy, err)
	case err != nil:
		return err
	case got.Refused == DropRate || got.Refused == DropAll:
		return nil // counted: that is all that becomes of it, and no reason to send it again
	case got.Refused != "":
		return fault.New(fault.Invalid, "device.drop_"+got.Refused, fmt.Errorf("reading of %s", name))
	}
	return nil
}

func (s *Service) missed(name string, why mqtt.Reason) {
	_ = s.Drop(context.Background(), name, map[mqtt.Reason]string{mqtt.TooMany: DropRate, mqtt.TooLarge: DropLarge}[why], nil)
}
