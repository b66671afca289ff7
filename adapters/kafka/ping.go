package kafka

import (
	"context"
	"errors"

	"github.com/IBM/sarama"
)

// Ping returns nil when one of the brokers answers a request before ctx ends.
func Ping(ctx context.Context, b Broker) error {
	config, err := b.config()
	if err != nil {
		return err
	}
	net := through(config)
	defer net.cut()
	defer context.AfterFunc(ctx, net.cut)()
	faults := []error{errors.New("no broker answers")}
	for _, addr := range b.Addrs {
		broker := sarama.NewBroker(addr)
		if err := broker.Open(config); err != nil {
			faults = append(faults, err)
			continue
		}
		_, err := broker.ApiVersions(&sarama.ApiVersionsRequest{})
		_ = broker.Close()
		if err == nil {
			return nil
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}
